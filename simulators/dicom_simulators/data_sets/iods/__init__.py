"""Which modules make which IOD.

Invariants: one line for each SOP Class, UID -> modules in the order in which they speak; a later one
overrules an earlier one.

References
----------
PS3.3 Annex A; DCS Table 3.
"""

from __future__ import annotations

from dicom_simulators.data_sets.iods.angiography import biplane, rf_positioner, x_ray_image, xa_positioner
from dicom_simulators.data_sets.iods.composite import (
    COMPOSITE,
    acquisition_context,
    cine,
    frame_of_reference,
    general_equipment,
    general_series,
    general_study,
    patient,
    sop_common,
)
from dicom_simulators.data_sets.iods.cross_sectional import (
    ct_image,
    image_plane,
    mr_image,
    patient_orientation,
    pet_image,
    pet_series,
)
from dicom_simulators.data_sets.iods.nuclear_medicine import nm_detector, nm_image, nm_isotope, nm_retired
from dicom_simulators.data_sets.iods.presentation_state import (
    displayed_area,
    graphic_annotation,
    grayscale_transformations,
    presentation_state,
)
from dicom_simulators.data_sets.iods.projection import (
    cr_image,
    dx_image,
    for_presentation,
    for_processing,
    intra_oral,
    mammography,
    rt_image,
)
from dicom_simulators.data_sets.iods.secondary_capture import hardcopy, sc_equipment, sc_multi_frame
from dicom_simulators.data_sets.iods.ultrasound import us_image, us_region_calibration, us_retired
from dicom_simulators.data_sets.iods.visible_light import slide_coordinates, specimen, vl_image
from dicom_simulators.data_sets.plan import Module

_ROOT = "1.2.840.10008.5.1.4.1.1."
_PLANE = (*COMPOSITE, frame_of_reference, image_plane)
_DX = (*COMPOSITE, acquisition_context, dx_image)

IODS: dict[str, tuple[Module, ...]] = {
    _ROOT + "2": (*_PLANE, ct_image),
    _ROOT + "4": (*_PLANE, mr_image),
    _ROOT + "20": (*COMPOSITE, patient_orientation, nm_image, nm_isotope, nm_detector),
    _ROOT + "1": (*COMPOSITE, cr_image),
    _ROOT + "7": (*COMPOSITE, sc_equipment),
    _ROOT + "3": (*COMPOSITE, us_retired, us_region_calibration, cine),
    _ROOT + "3.1": (*COMPOSITE, us_image, us_region_calibration, cine),
    _ROOT + "6": (*COMPOSITE, us_retired, us_region_calibration),
    _ROOT + "6.1": (*COMPOSITE, us_image, us_region_calibration),
    _ROOT + "12.1": (*COMPOSITE, x_ray_image, xa_positioner),
    _ROOT + "12.2": (*COMPOSITE, x_ray_image, rf_positioner),
    _ROOT + "1.1": (*_DX, for_presentation),
    _ROOT + "1.1.1": (*_DX, for_processing),
    _ROOT + "1.2": (*_DX, mammography, for_presentation),
    _ROOT + "1.2.1": (*_DX, mammography, for_processing),
    _ROOT + "1.3": (*_DX, intra_oral, for_presentation),
    _ROOT + "1.3.1": (*_DX, intra_oral, for_processing),
    _ROOT + "481.1": (*COMPOSITE, rt_image),
    _ROOT + "77.1.1": (*COMPOSITE, vl_image),
    _ROOT + "77.1.2": (*COMPOSITE, vl_image, specimen),
    _ROOT + "77.1.3": (*COMPOSITE, frame_of_reference, vl_image, specimen, slide_coordinates),
    _ROOT + "77.1.4": (*COMPOSITE, vl_image),
    _ROOT + "12.3": (*COMPOSITE, x_ray_image, xa_positioner, biplane),
    _ROOT + "128": (*_PLANE, patient_orientation, pet_series, pet_image),
    "1.2.840.10008.5.1.1.29": (*COMPOSITE, hardcopy),
    "1.2.840.10008.5.1.1.30": (*COMPOSITE, hardcopy),
    _ROOT + "7.2": (*COMPOSITE, sc_multi_frame),
    _ROOT + "7.3": (*COMPOSITE, sc_multi_frame),
    _ROOT + "77.1": (*COMPOSITE, vl_image),
    _ROOT + "77.2": (*COMPOSITE, vl_image, cine),
    _ROOT + "5": (*COMPOSITE, nm_retired),
    _ROOT + "11.1": (
        patient,
        general_study,
        general_series,
        general_equipment,
        sop_common,
        presentation_state,
        displayed_area,
        grayscale_transformations,
        graphic_annotation,
    ),
}
"""Every SOP Class of Table 3."""
