"""Macros: names that stand for text, put in as text, as C's preprocessor does it.

Only object-like macros, and expressions of whole numbers. What they are for is not known here.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping

_NAME = re.compile(r"[A-Za-z_]\w*")
_OPERATORS: dict[type[ast.operator], Callable[[int, int], int]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
}


def expand(text: str, macros: Mapping[str, str]) -> str:
    """The text with every macro replaced by what it stands for; a macro within itself stays."""
    return _NAME.sub(
        lambda name: (
            expand(macros[name[0]], {key: value for key, value in macros.items() if key != name[0]})
            if name[0] in macros
            else name[0]
        ),
        text,
    )


def value(text: str, macros: Mapping[str, str] | None = None) -> int:
    """What the expanded expression comes to. Raises ValueError for what is no arithmetic of whole numbers."""
    expanded = expand(text, macros or {})
    try:
        return _value(ast.parse(expanded.strip().replace("/", "//"), mode="eval").body)
    except (SyntaxError, ZeroDivisionError) as error:
        raise ValueError(f"{expanded!r}: {error}") from error


def _value(node: ast.expr) -> int:
    match node:
        case ast.Constant(value=int() as number):
            return number
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            return _OPERATORS[type(op)](_value(left), _value(right))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand)
    raise ValueError(f"{ast.unparse(node)!r} is no arithmetic of whole numbers")
