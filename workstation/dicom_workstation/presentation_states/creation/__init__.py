"""A presentation state created from what is displayed (conformance statement, 3.2.5).

May import: `data_sets`, `pixels`, the other modules of `presentation_states`.
Begin with `creation`.
"""

from dicom_workstation.presentation_states.creation.creation import create_state, encode_texts_of, new_instance

__all__ = ["create_state", "encode_texts_of", "new_instance"]
