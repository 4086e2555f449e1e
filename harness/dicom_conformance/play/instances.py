"""The instances of a case: from `holds:` to SOP Instances, and the UIDs of those when a step refers to them.

A holding is a recipe, a study, a folder or a file; `pydicom:NAME` is a file that ships with pydicom. Instances are
seeded by their place in the case, so that a case gives the same ones each time and different holdings differ. A step
refers to what a peer holds by `{of: PEER}` (its first instance), `{of: PEER, instance: 2}` or `{of: PEER, instance:
each}`, in the place of the value of a keyword; and to what an operation of the workstation reported by `{reported_by:
OPERATION, keyword: NAME}` (its last outcome).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from dicom_conformance.errors import HarnessError
from dicom_conformance.files import counted
from dicom_conformance.scenario import SHIPPED, Do, Holding, Peer, fixtures
from dicom_conformance.trace import Held
from dicom_simulators.data_sets import Instance, build, build_study, read_file, read_folder

DEFAULT_SOP_CLASS = "1.2.840.10008.5.1.4.1.1.2"
IN_EACH_CONTEXT = "store_in_each_context"
"""The operation of an SCU that may be asked for an instance of any SOP Class."""
DEFAULT_TRANSFER_SYNTAX = "1.2.840.10008.1.2.1"
_NUMBERS = ("rows", "columns", "frames", "size_bytes", "series", "instances", "seed")


def made(
    holdings: Sequence[Holding], base: Path, begin: int = 0, skipped: Callable[[str], None] = lambda text: None
) -> list[Instance]:
    """Make or read the instances of some holdings; a file of a folder that cannot be read is skipped.

    Parameters
    ----------
    base : Path
        What relative paths are relative to: the folder of the scenario file.
    begin : int
        Number of the first instance within the case: its seed, where the holding gives none.
    skipped : callable
        Called with a text for each file that is skipped: its path, and why.

    Raises
    ------
    HarnessError
        A recipe, SOP Class, keyword or file is wrong.
    """
    found: list[Instance] = []
    for holding in holdings:
        try:
            found.extend(_made(holding, base, begin + len(found), skipped))
        except (ValueError, OSError) as error:
            raise HarnessError(f"an instance cannot be made: {error}") from error
    return found


def original(instance: Instance) -> Held:
    """Give an instance as what an AE was given to send, for a trace to hold against what arrives."""
    return Held(
        instance.SOPClassUID,
        instance.SOPInstanceUID,
        instance.transfer_syntax,
        instance.data_set,
        instance.pixels,
        instance.max_error,
    )


def held_by(name: str, peer: Peer, steps: Sequence[object], samples: Sequence[fixtures.Sample]) -> tuple[Holding, ...]:
    """Give what a peer holds: samples as files, all of them if one of its steps may need any SOP Class."""
    stores = any(isinstance(step, Do) and (step.ae, step.operation) == (name, IN_EACH_CONTEXT) for step in steps)
    holds = (one if one.sample is None else _file(fixtures.sample_of(one.sample, samples)) for one in peer.holds)
    return (*holds, *(_file(one) for one in samples if stores))


def lacking(peers: Iterable[Peer], samples: Sequence[fixtures.Sample]) -> str:
    """Say why a case is not judged one of whose peers holds a sample; empty where there is a file of each."""
    wanted = (one.sample for peer in peers for one in peer.holds if one.sample is not None)
    return fixtures.NO_INSTANCE if any(fixtures.sample_of(uid, samples) is None for uid in wanted) else ""


def _file(sample: fixtures.Sample | None) -> Holding:
    if sample is None:
        raise HarnessError("only a peer of a run with `--samples` can hold a `sample`")
    return Holding(file=str(sample.path))


def _made(holding: Holding, base: Path, seed: int, skipped: Callable[[str], None]) -> Iterator[Instance]:
    first = holding.seed if holding.seed is not None else seed
    if holding.study is not None:
        arguments = {"seed": first, **_typed(holding.study), **_typed(holding.changes)}
        if holding.transfer_syntax is not None:
            arguments["transfer_syntax"] = holding.transfer_syntax
        yield from build_study(**arguments)
    elif holding.file is not None:
        yield read_file(_path(holding.file, base))
    elif holding.sample is not None:
        raise ValueError("only the peers of a run can hold a `sample`")
    elif holding.folder is not None:
        yield from read_folder(_path(holding.folder, base), skipped)
    else:
        for number in range(holding.count):
            yield build(
                holding.recipe or "smallest",
                holding.sop_class or DEFAULT_SOP_CLASS,
                holding.transfer_syntax or DEFAULT_TRANSFER_SYNTAX,
                seed=first + number,
                **_typed(holding.changes),
            )


def _typed(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Give the arguments that are numbers their type."""
    typed: dict[str, Any] = {key: int(value) if key in _NUMBERS else value for key, value in arguments.items()}
    if isinstance(typed.get("modalities"), list):
        typed["modalities"] = tuple(typed["modalities"])
    return typed


def _path(text: str, base: Path) -> Path:
    if not text.startswith(SHIPPED):
        return base / Path(text).expanduser()
    from pydicom.data import get_charset_files, get_testdata_file  # only a case with real files pays for it

    name = text.removeprefix(SHIPPED)
    found = get_testdata_file(name, download=False) or next(iter(get_charset_files(name)), None)
    if not isinstance(found, str):
        raise HarnessError(f"pydicom ships no file {text.removeprefix(SHIPPED)}")
    return Path(found)


def referred(
    value: Any,
    held: Mapping[str, Sequence[Instance]],
    keyword: str = "",
    outcomes: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
) -> Any:
    """Put values in the place of references to them.

    Parameters
    ----------
    held : mapping
        Peer to what it holds.
    outcomes : mapping
        Operation of the workstation to its last outcome.

    Raises
    ------
    HarnessError
        A reference names a peer or instance that is not there, or an element that the instance lacks.
    """
    if isinstance(value, (dict, Mapping)):  # a dict, nearly always; the question whether it is a Mapping takes long
        if "of" in value and set(value) <= {"of", "instance", "keyword"}:
            return _value_of(value, held, str(value.get("keyword", keyword)))
        if "reported_by" in value and set(value) <= {"reported_by", "keyword"}:
            return _reported_value(value, outcomes, str(value.get("keyword", keyword)))
        return {
            key: inner if type(inner) is str else referred(inner, held, key, outcomes) for key, inner in value.items()
        }
    if isinstance(value, list):
        return [inner if type(inner) is str else referred(inner, held, keyword, outcomes) for inner in value]
    return value


def _reported_value(reference: Mapping[str, Any], outcomes: Mapping[str, Mapping[str, Any]], keyword: str) -> Any:
    """Give what an operation reported; empty where it reported nothing, which is the subject's fault."""
    operation = str(reference["reported_by"])
    if operation not in outcomes:
        raise HarnessError(f"the workstation was not asked for a {operation} before this step")
    return outcomes[operation].get(keyword) or ""


def _value_of(reference: Mapping[str, Any], held: Mapping[str, Sequence[Instance]], keyword: str) -> Any:
    peer, which = str(reference["of"]), str(reference.get("instance", "1"))
    instances = held.get(peer, ())
    if which == "each":
        return list(dict.fromkeys(_element(instance, keyword) for instance in instances))
    if not which.isdigit() or not 0 < int(which) <= len(instances):
        raise HarnessError(f"{peer} holds {counted(len(instances), 'instance')}, but no instance {which}")
    return _element(instances[int(which) - 1], keyword)


def _element(instance: Instance, keyword: str) -> str:
    if keyword == "SOPInstanceUID":
        return instance.SOPInstanceUID
    if keyword == "SOPClassUID":
        return instance.SOPClassUID
    value = instance.read().get(keyword)
    if value is None:
        raise HarnessError(f"the instance {instance.SOPInstanceUID} has no {keyword}")
    return str(value)
