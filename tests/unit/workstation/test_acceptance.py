"""An A-ASSOCIATE-AC is written as pynetdicom's own encoder writes it."""

from __future__ import annotations

from pydicom.uid import UID
from pynetdicom.pdu import A_ASSOCIATE_AC
from pynetdicom.pdu_primitives import A_ASSOCIATE, ImplementationClassUIDNotification, MaximumLengthNotification
from pynetdicom.presentation import PresentationContext, build_context

from dicom_workstation.network.upper_layer.associate_items import acceptance


def context(number: int, result: int, syntax: str) -> PresentationContext:
    made = build_context("1.2.840.10008.1.1", syntax)
    made.context_id, made.result = number, result
    return made


def accepted() -> A_ASSOCIATE:
    primitive = A_ASSOCIATE()
    primitive.application_context_name = UID("1.2.840.10008.3.1.1.1")
    primitive.calling_ae_title, primitive.called_ae_title = "PEER", "WORKSTATION"
    primitive.result, primitive.result_source = 0, 1
    primitive.presentation_context_definition_results_list = [
        context(1, 0, "1.2.840.10008.1.2"),
        context(3, 3, "1.2.840.10008.1.2.1"),
        context(255, 4, "1.2.840.10008.1.2.4.90"),
    ]
    length, implementation = MaximumLengthNotification(), ImplementationClassUIDNotification()
    length.maximum_length_received = 16382
    implementation.implementation_class_uid = UID("1.2.3.4")
    primitive.user_information = [length, implementation]
    return primitive


def test_it_is_as_pynetdicom_writes_it() -> None:
    assert acceptance(accepted()).encode() == A_ASSOCIATE_AC(accepted()).encode()


def test_the_primitive_keeps_its_contexts() -> None:
    primitive = accepted()
    acceptance(primitive)
    assert [one.context_id for one in primitive.presentation_context_definition_results_list] == [1, 3, 255]
