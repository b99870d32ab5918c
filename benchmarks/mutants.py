"""Small faults of a source file: what `benchmarks/mutation.py` puts in and tests should notice.

Each is one change: another comparison or arithmetic operator, a number off by one, a condition
negated, ``and`` for ``or``, None or the first argument returned, a keyword or a statement dropped.
Messages, annotations, decorators and ``strict=`` are left alone.
"""

from __future__ import annotations

import ast
import contextlib
import copy
import csv
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: Mutants that change no number, each with the reason.
EQUAL = Path(__file__).with_name("mutants_equal.csv")
COMPARED = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
COMPUTED = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}


@dataclass(frozen=True)
class Mutant:
    """One change to one file; ``line``, ``before`` and ``after`` are for people."""

    path: str
    start: int  #: bytes replaced
    end: int
    text: str
    line: int
    before: str
    after: str

    @property
    def key(self) -> tuple[str, str, str]:
        """The same for the same change, wherever in the file it has moved to."""
        return self.path, self.before, self.after


def changes(node: ast.AST) -> Iterator[ast.AST | str]:
    """What may stand in place of ``node``: other nodes, or source."""
    if isinstance(node, ast.Return) and node.value is not None:
        if not (isinstance(node.value, ast.Constant) and node.value.value is None):
            yield "return None"
        if isinstance(node.value, ast.Call) and node.value.args:
            yield f"return {ast.unparse(node.value.args[0])}"
    elif isinstance(node, ast.BinOp | ast.AugAssign) and type(node.op) in COMPUTED:
        other = copy.deepcopy(node)
        other.op = COMPUTED[type(node.op)]()
        yield other
        if isinstance(node, ast.AugAssign):
            yield "pass"
    elif isinstance(node, ast.stmt):
        said = isinstance(node, ast.Expr) and not isinstance(node.value, ast.Constant)
        put = isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript)
        if said or put or isinstance(node, ast.Raise | ast.Continue | ast.Break):
            yield "pass"
    elif isinstance(node, ast.expr):
        yield from _expressions(node)


def _expressions(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.Compare) and type(node.ops[0]) in COMPARED:
        other = copy.deepcopy(node)
        other.ops[0] = COMPARED[type(node.ops[0])]()
        yield other
    elif isinstance(node, ast.BoolOp):
        yield ast.BoolOp(ast.And() if isinstance(node.op, ast.Or) else ast.Or(), node.values)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub | ast.Invert):
        yield node.operand
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        yield from (ast.Constant(node.value + 1), ast.Constant(node.value - 1))
    elif isinstance(node, ast.Call):
        for i, keyword in enumerate(node.keywords):
            if keyword.arg not in (None, "strict"):
                yield ast.Call(node.func, node.args, node.keywords[:i] + node.keywords[i + 1 :])


def reached(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes below ``node`` that are mutated, those in messages and annotations left out."""
    if isinstance(node, ast.JoinedStr):
        return
    yield node
    if isinstance(node, ast.Raise):
        return
    skipped = {"annotation", "returns", "decorator_list", "ops", "op"}
    for name, value in ast.iter_fields(node):
        if name not in skipped:
            for child in value if isinstance(value, list) else [value]:
                strict = isinstance(child, ast.keyword) and child.arg == "strict"
                if isinstance(child, ast.AST) and not strict:
                    yield from reached(child)


def mutants(path: str, source: str) -> list[Mutant]:
    """All changes to a file, in order."""
    raw = source.encode()
    at = [0]
    for line in raw.splitlines(keepends=True):
        at.append(at[-1] + len(line))
    found = []
    for node in reached(ast.parse(source)):
        given: list[tuple[Any, ast.AST | str]] = [(node, other) for other in changes(node)]
        if isinstance(node, ast.If | ast.While | ast.IfExp | ast.comprehension):
            tests = node.ifs if isinstance(node, ast.comprehension) else [node.test]
            given = [(test, ast.UnaryOp(ast.Not(), test)) for test in tests]
        for old, new in given:
            start = at[old.lineno - 1] + old.col_offset
            end = at[(old.end_lineno or 0) - 1] + (old.end_col_offset or 0)
            text = new if isinstance(new, str) else ast.unparse(ast.fix_missing_locations(new))
            text = f"({text})" if isinstance(new, ast.expr) else text
            changed = raw[:start] + text.encode() + raw[end:]
            first, last = old.lineno, old.end_lineno or old.lineno
            before = "\n".join(source.splitlines()[first - 1 : last])
            more = text.count("\n")
            after = "\n".join(changed.decode().splitlines()[first - 1 : first + more])
            with contextlib.suppress(SyntaxError):
                compile(changed, path, "exec")
                found.append(Mutant(path, start, end, text, first, _one(before), _one(after)))
    return list(dict.fromkeys(found))


def _one(lines: str) -> str:
    return " ".join(lines.split())


def sampled(paths: Iterable[str], root: Path, sample: int, seed: int) -> list[Mutant]:
    """So many mutants a file, the first ones of a shuffle that the seed and the path decide."""
    with EQUAL.open(newline="") as file:
        equal = {(row["path"], row["before"], row["after"]) for row in csv.DictReader(file)}
    chosen = []
    for path in paths:
        every = mutants(path, (root / path).read_text())
        random.Random(f"{seed} {path}").shuffle(every)  # noqa: S311
        chosen += [mutant for mutant in every if mutant.key not in equal][:sample]
    return chosen
