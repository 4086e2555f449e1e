"""Display protocols in YAML files: one protocol a file, read as strictly as the configuration.

Invariants: a mistake is a `ConfigurationError` with file, line and field; in a folder the files are read in the order
of their names, and no order ever matters to the choice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from pydantic import ValidationError

from dicom_workstation.configuration.model_errors import first_error
from dicom_workstation.configuration.yaml_file import ConfigurationError, YAMLDocument, field_name, read_yaml
from dicom_workstation.protocols import DisplayProtocol

SUFFIXES = (".yaml", ".yml")


def read_protocol_files(paths: Sequence[str | Path]) -> tuple[DisplayProtocol, ...]:
    """Read files, and every YAML file of folders.

    Raises
    ------
    ConfigurationError
        With file, line and field of the first mistake.
    """
    return tuple(read_protocol(file) for path in paths for file in _files(Path(path)))


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    found = sorted(each for each in path.iterdir() if each.suffix in SUFFIXES and each.is_file())
    if not found:
        raise ConfigurationError("the folder has no YAML file", str(path))
    yield from found


def read_protocol(path: Path) -> DisplayProtocol:
    """Read one file; see `read_protocol_files`."""
    document = read_yaml(path)
    if not isinstance(document.data, dict):
        raise ConfigurationError("must hold `key: value` lines", str(path), 1)
    return protocol_of(document.data, str(path), document)


def protocol_of(fields: Mapping[str, object], path: str = "", document: YAMLDocument | None = None) -> DisplayProtocol:
    """Check the fields of a protocol; ConfigurationError names the first that is wrong."""
    try:
        return DisplayProtocol.model_validate(fields)
    except ValidationError as error:
        field, text = first_error(error, DisplayProtocol)
        line = None if document is None else document.line_of(field)
        raise ConfigurationError(text, path, line, field_name(field)) from error
