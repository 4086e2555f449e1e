"""The query engine: C-FIND as SCU (conformance statement, 3.2.1).

May import: `network` and what stands below it.
Begin with `query_engine`.
"""

from dicom_workstation.query.query_engine import Conversation, QueryEngine

__all__ = [
    "Conversation",
    "QueryEngine",
]
