"""Small changes to source code: which ones a module allows, and the text of the module after one of them.

A change replaces one expression or statement and leaves the rest of the text as it was. Whatever cannot change
behaviour is left out: docstrings, annotations, decorators that make dataclasses, the parts of f-strings, sentences for
people, `__all__`, what only type checkers read, how long something waits (names that end in `_S`), what an abstract
method raises, and `strict` of zip, which guards against our own mistakes.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

KINDS = ("comparison", "constant", "branch", "raise", "return")
COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_DURATION = re.compile(r".*_(s|S|ms|MS)$")
_FOR_PEOPLE = ("metavar", "help", "description", "epilog")
_WORD = re.compile(r"[^\s]*")
_LENGTH_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Change:
    """One small change to a file.

    Attributes
    ----------
    file : str
        Relative to the root of the project.
    within : str
        Qualified name of the function or class around it; empty at the top of the module.
    was, becomes : str
        The code that is replaced, and what replaces it, each on one line.
    occurrence : int
        Which of the changes with the same text within the same function it is, from 1.
    start, end : int
        Offsets in the bytes of the file.
    statement : int
        Line at which the statement at the top of the module begins; 0 within a function.
    """

    file: str
    line: int
    within: str
    kind: str
    was: str
    becomes: str
    start: int
    end: int
    statement: int
    occurrence: int = 1

    @property
    def key(self) -> tuple[str, str, str, str, int]:
        """What stays the same when lines move."""
        return (self.file, self.within, self.was, self.becomes, self.occurrence)

    def applied(self, source: bytes) -> bytes:
        """Give the bytes of the file after the change."""
        return source[: self.start] + self.becomes.encode() + source[self.end :]

    def __str__(self) -> str:
        """Give the place, and both texts, cut to a readable length."""
        return f"{self.file}:{self.line} {_cut(self.was)}  ->  {_cut(self.becomes)}"


def changes_of(source: bytes, file: str) -> tuple[Change, ...]:
    """Give every small change that a module allows, in the order of its text."""
    found = _Finder(source, file)
    found.visit(ast.parse(source))
    seen: dict[tuple[str, str, str], int] = {}
    numbered = []
    for change in sorted(found.changes, key=lambda one: (one.start, one.end, one.becomes)):
        text = (change.within, change.was, change.becomes)
        seen[text] = seen.get(text, 0) + 1
        numbered.append(replace(change, occurrence=seen[text]))
    return tuple(numbered)


class _Finder(ast.NodeVisitor):
    """Walks a module and collects its changes."""

    def __init__(self, source: bytes, file: str) -> None:
        self.changes: list[Change] = []
        self._source = source
        self._file = file
        self._lines = [0]
        for line in source.splitlines(keepends=True):
            self._lines.append(self._lines[-1] + len(line))
        self._names: list[str] = []
        self._functions = 0
        self._statement = 0

    def visit(self, node: ast.AST) -> None:
        """Note the line of each statement outside a function before looking into it."""
        if isinstance(node, ast.stmt) and not self._functions:
            self._statement = node.lineno
        super().visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        for default in (*node.args.defaults, *(one for one in node.args.kw_defaults if one is not None)):
            self.visit(default)
        self._names.append(node.name)
        self._functions += 1
        self._body(node.body)
        self._functions -= 1
        self._names.pop()

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._names.append(node.name)
        self._body(node.body)
        self._names.pop()

    def visit_Assign(self, node: ast.Assign) -> None:
        names = [target.id for target in node.targets if isinstance(target, ast.Name)]
        if any(name.startswith("__") or _DURATION.match(name) for name in names):
            return
        self.visit(node.value)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None and not (isinstance(node.target, ast.Name) and _DURATION.match(node.target.id)):
            self.visit(node.value)

    def visit_Expr(self, node: ast.Expr) -> None:
        if not isinstance(node.value, ast.Constant):  # a docstring
            self.visit(node.value)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """Leave out f-strings: the parser gives no true positions within them."""

    def visit_Subscript(self, node: ast.Subscript) -> None:
        if not (isinstance(node.value, ast.Name) and node.value.id in ("Literal", "Annotated", "Callable")):
            self.generic_visit(node)

    def visit_keyword(self, node: ast.keyword) -> None:
        if node.arg is None or not (_DURATION.match(node.arg) or node.arg in _FOR_PEOPLE):
            self.visit(node.value)

    def visit_Call(self, node: ast.Call) -> None:
        typing = isinstance(node.func, ast.Name) and node.func.id in ("cast", "TypeVar", "NewType")
        self.visit(node.func)
        for argument in (*(node.args[1:] if typing else node.args), *node.keywords):
            if not (isinstance(argument, ast.keyword) and argument.arg == "strict"):  # lengths that are always equal
                self.visit(argument)

    def visit_If(self, node: ast.If) -> None:
        if isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            return
        if not self._functions and isinstance(node.test, ast.Compare):  # what runs as a program
            return
        self._condition(node.test)
        self.generic_visit(node)

    def visit_IfExp(self, node: ast.IfExp) -> None:
        self._condition(node.test)
        self.generic_visit(node)

    def visit_comprehension(self, node: ast.comprehension) -> None:
        for test in node.ifs:
            self._condition(test)
        self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        other = ast.And() if isinstance(node.op, ast.Or) else ast.Or()
        self._change("branch", node, _unparsed(ast.BoolOp(other, node.values)))
        self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> None:
        for index, operator in enumerate(node.ops):
            for other in COMPARISONS[type(operator)]:
                operators = [*node.ops[:index], other(), *node.ops[index + 1 :]]
                self._change("comparison", node, _unparsed(ast.Compare(node.left, operators, node.comparators)))
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        other = _other_value(node.value)
        if other is not None:
            self._change("constant", node, other)

    def visit_Raise(self, node: ast.Raise) -> None:
        if self._functions and not (isinstance(node.exc, ast.Name) and node.exc.id == "NotImplementedError"):
            self._change("raise", node, "pass")
        self.generic_visit(node)

    def visit_Return(self, node: ast.Return) -> None:
        value = node.value
        if value is None or (isinstance(value, ast.Constant) and isinstance(value.value, bool | None)):
            self.generic_visit(node)
            return
        negated = isinstance(value, ast.Compare | ast.BoolOp) or (
            isinstance(value, ast.UnaryOp) and isinstance(value.op, ast.Not)
        )
        self._change("return", node, f"return not {_unparsed(value)}" if negated else "return None")
        self.generic_visit(node)

    def _body(self, body: list[ast.stmt]) -> None:
        for statement in body:
            self.visit(statement)

    def _condition(self, test: ast.expr) -> None:
        if not isinstance(test, ast.Compare | ast.Constant):  # a comparison has changes of its own
            self._change("branch", test, f"(not {_unparsed(test)})")

    def _change(self, kind: str, node: ast.expr | ast.stmt, becomes: str) -> None:
        start = self._lines[node.lineno - 1] + node.col_offset
        end = self._lines[(node.end_lineno or node.lineno) - 1] + (node.end_col_offset or 0)
        was = " ".join(self._source[start:end].decode().split())
        within = ".".join(self._names)
        statement = 0 if self._functions else self._statement
        self.changes.append(Change(self._file, node.lineno, within, kind, was, becomes, start, end, statement))


def _other_value(value: object) -> str | None:
    if isinstance(value, bool):
        return repr(not value)
    if isinstance(value, int | float):
        return repr(value + 1)
    if isinstance(value, bytes):
        return repr(value + b"x")
    if isinstance(value, str) and _WORD.fullmatch(value):
        return repr(value + "x")
    return None


def _unparsed(node: ast.expr) -> str:
    return f"({ast.unparse(node)})"


def _cut(text: str) -> str:
    return text if len(text) <= _LENGTH_SHOWN else f"{text[: _LENGTH_SHOWN - 3]}..."


def words_of(source: bytes) -> Iterator[str]:
    """Give the names that a module uses."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.alias(name=name):
                yield name
