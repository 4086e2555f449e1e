"""Which tests reach which block of the code, and hence which tests can notice a change."""

from __future__ import annotations

import ast
import json
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from blocks import Block, noting
from changes import Change


@dataclass(frozen=True, slots=True)
class Names:
    """The names that a module defines outside its functions, with their lines, and all names that it uses."""

    defined: dict[str, range]
    used: frozenset[str]


@dataclass(slots=True)
class Reach:
    """What the unit tests of a room reach.

    Attributes
    ----------
    tests_of : dict of int to set of str
        The tests that reach a block, by the block's number; a test is named by its node id.
    duration_s : dict of str to float
        How long each test took.
    failed : set of str
        Tests that failed though nothing was changed; they cannot notice anything.
    """

    blocks: list[Block] = field(default_factory=list)
    names: dict[str, Names] = field(default_factory=dict)
    tests_of: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    duration_s: dict[str, float] = field(default_factory=dict)
    failed: set[str] = field(default_factory=set)

    def read(self, source: bytes, file: str) -> bytes:
        """Take a module's blocks and names; give its source that notes what is reached."""
        self.names[file] = _names(ast.parse(source))
        return noting(source, file, self.blocks)

    def add(self, record: Path) -> None:
        """Take what the run of one test module recorded."""
        held = json.loads(record.read_text())
        for test, numbers in held["reached"].items():
            for number in numbers:
                self.tests_of[number].add(test)
        self.duration_s.update(held["duration_s"])
        self.failed.update(held["failed"])

    def tests(self, change: Change) -> list[str]:
        """Give the tests that can notice a change, those of the quickest module first.

        A value outside the functions is noticed by what runs a function of a module that uses the value's name.
        """
        blocks = self._that_use(change) if change.statement else [self._around(change)]
        found = set().union(*(self.tests_of.get(block.number, set()) for block in blocks)) - self.failed
        of_module: dict[str, list[str]] = defaultdict(list)
        for test in self.duration_s:
            if test in found:
                of_module[test.partition("::")[0]].append(test)
        seconds = {module: sum(self.duration_s[test] for test in tests) for module, tests in of_module.items()}
        return [test for module in sorted(seconds, key=seconds.__getitem__) for test in of_module[module]]

    def _around(self, change: Change) -> Block:
        around = (one for one in self.blocks if one.file == change.file and one.first <= change.line <= one.last)
        return min(around, key=lambda block: block.last - block.first)

    def _that_use(self, change: Change) -> list[Block]:
        here = self.names[change.file]
        names = {name for name, lines in here.defined.items() if change.line in lines}
        users = {file for file, there in self.names.items() if there.used & names} | {change.file}
        return [block for block in self.blocks if block.file in users]


def _names(tree: ast.Module) -> Names:
    defined: dict[str, range] = {}
    for node in tree.body:
        lines = range(node.lineno, (node.end_lineno or node.lineno) + 1)
        match node:
            case ast.Assign(targets=targets):
                defined.update({target.id: lines for target in targets if isinstance(target, ast.Name)})
            case ast.AnnAssign(target=ast.Name(id=name)) | ast.ClassDef(name=name) | ast.FunctionDef(name=name):
                defined[name] = lines
    used = set()
    for inner in ast.walk(tree):
        match inner:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.alias(name=name):
                used.add(name)
    return Names(defined, frozenset(used))
