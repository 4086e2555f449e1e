"""Putting a page together: template, style sheet and script in one file that needs nothing next to it.

The script is ES modules, which are put together into one.

Invariants: a module imports by name and from its own folder; no two modules declare the same name at the top. So
leaving out `import` lines and the word `export`, with each module after those that it imports, changes no meaning.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from dicom_conformance.results import write_whole

TEMPLATES = Path(__file__).parent / "templates"
SCRIPT = TEMPLATES / "script"
MAIN = "main.js"
_IMPORT = re.compile(r'^import (?:\{[^}]*\} from )?"\./([\w-]+\.js)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?function |const |let )", re.MULTILINE)
_DECLARED = re.compile(
    r"^(?:export )?(?:async )?(?:function|const|let) (\{[^}]*\}|[\w$]+(?:[^=;(]*,[^=;(]*)?)", re.MULTILINE
)
_LEFT = re.compile(r"^(?:import|export)\b.*$", re.MULTILINE)
_NAME = re.compile(r"[\w$]+")


class ScriptError(ValueError):
    """The modules cannot be put together; the text says which and why."""


def write_page(folder: Path, template: str, **values: object) -> Path:
    """Write `index.html` into a folder; returns its path. The template also has `css`, the style sheet."""
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)
    css = Markup((TEMPLATES / "report.css").read_text(encoding="utf-8"))
    page = folder / "index.html"
    write_whole(page, environment.get_template(template).render(css=css, **values))
    return page


def joined(folder: Path = SCRIPT, main: str = MAIN) -> str:
    """Put the modules together.

    Raises
    ------
    ScriptError
        Two modules declare one name, import each other, or use a form of import or export that is not known here.
    """
    declared: dict[str, str] = {}
    parts = []
    for name in _ordered(folder, main, ()):
        source = (folder / name).read_text(encoding="utf-8")
        for match in _DECLARED.finditer(source):
            for word in _NAME.findall(match[1]):
                if declared.setdefault(word, name) != name:
                    raise ScriptError(f"{name} and {declared[word]} both declare {word}")
        plain = _EXPORT.sub("", _IMPORT.sub("", source))
        if left := _LEFT.search(plain):
            raise ScriptError(f"{name}: cannot be put together: {left[0]}")
        parts.append(f"// {name}\n{plain}")
    return "\n".join(parts).replace("</", "<\\/")


def _ordered(folder: Path, name: str, above: tuple[str, ...], seen: set[str] | None = None) -> Iterator[str]:
    """Yield the names of the modules, each after those that it imports."""
    seen = set() if seen is None else seen
    if name in above:
        raise ScriptError(f"modules import each other: {' -> '.join((*above, name))}")
    if name in seen:
        return
    for imported in _IMPORT.findall((folder / name).read_text(encoding="utf-8")):
        yield from _ordered(folder, imported, (*above, name), seen)
    seen.add(name)
    yield name
