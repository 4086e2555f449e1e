"""The blocks of a module, and its source with a call at the start of each that notes that it was reached.

A block is the body of a function, or of a branch, loop, handler or case within one. What stands outside functions runs
when the module is imported, whatever test asks, so it is not noted.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass

RECORDER = '''"""Notes the blocks that were reached; a process that ends by itself leaves them in a file."""
import atexit, os, uuid
reached = set()
add = reached.add
FOLDER = os.environ.get("REACHED_BLOCKS")
def leave():
    with open(os.path.join(FOLDER, uuid.uuid4().hex), "w") as file:
        file.write(" ".join(map(str, reached)))
if FOLDER:
    atexit.register(leave)
'''
"""The module `reached_blocks` that the noting modules import."""
_BODIES = ("body", "orelse", "finalbody")


@dataclass(frozen=True, slots=True)
class Block:
    """A block of a file: its number and its lines."""

    number: int
    file: str
    first: int
    last: int


def noting(source: bytes, file: str, blocks: list[Block]) -> bytes:
    """Give the source of a module that notes its blocks; they are numbered on from `blocks`, and added there."""
    tree = ast.parse(source)
    _Noter(blocks, file).visit(tree)
    tree.body.insert(_after_the_head(tree.body), ast.Import([ast.alias("reached_blocks")]))
    return ast.unparse(ast.fix_missing_locations(tree)).encode()


class _Noter(ast.NodeVisitor):
    def __init__(self, blocks: list[Block], file: str) -> None:
        self._blocks = blocks
        self._file = file
        self._functions = 0

    def visit(self, node: ast.AST) -> None:
        """Note the blocks of a statement, those within them afterwards."""
        is_function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        self._functions += is_function
        bodies = [getattr(node, name, None) for name in _BODIES]
        self.generic_visit(node)
        if self._functions:
            for body in bodies:
                if isinstance(body, list) and body:
                    self._note(body, node.lineno if isinstance(node, ast.FunctionDef) else body[0].lineno)
        self._functions -= is_function

    def _note(self, body: list[ast.stmt], first: int) -> None:
        last = max(statement.end_lineno or statement.lineno for statement in body)
        block = Block(len(self._blocks), self._file, first, last)
        self._blocks.append(block)
        body[_after_the_head(body) : 0] = ast.parse(f"reached_blocks.add({block.number})").body


def _after_the_head(body: list[ast.stmt]) -> int:
    """Give the place after a docstring and what is imported from `__future__`."""
    for place, statement in enumerate(body):
        is_docstring = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        if not is_docstring and not (isinstance(statement, ast.ImportFrom) and statement.module == "__future__"):
            return place
    return len(body)
