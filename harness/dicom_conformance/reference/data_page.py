"""The page of the reference that describes a data file."""

from __future__ import annotations

from dicom_conformance.reference import markdown
from dicom_conformance.reference.models import described
from dicom_conformance.scenario import fixtures


def data_page() -> str:
    """Describe a data file, and the named values that its studies give."""
    models = described((fixtures.DataFile,), "data.md")
    paths = ", ".join(f"`${path}`" for path in fixtures.DATA_PATHS)
    blocks = [
        markdown.wrapped(
            "`run --data FILE`: studies that the subject holds already, as `probe --data` writes it. One of them is "
            "chosen, the first that has a Patient ID, a Study Date and an Accession Number, and is asked for in the "
            "scenarios that have `needs: {data: true}`; what is expected there is what the subject itself returned "
            "for keys without values. [Testing another system](../foreign-subjects.md) tells more."
        ),
        markdown.keys(models.pop("DataFile").rows),
        *(markdown.section(found) for found in models.values()),
        markdown.heading("Named values"),
        markdown.wrapped(
            f"In such a scenario these stand for whole values: {paths}. `around` is the range from the day before the "
            "date of the study to the day after it, `earlier` everything before that date, `later` everything after "
            "it. The checks name what they expect as `study`, `study.series`, `study.series.image`, `other` (another "
            "study) and `patient` (every study of that patient)."
        ),
    ]
    return markdown.page("Data that are there", *blocks)
