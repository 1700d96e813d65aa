"""Evaluates the small language of configuration texts by walking its syntax."""

from __future__ import annotations

import ast
import operator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_UNARY: dict[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Not: operator.not_,
}


def evaluate(expr: str, names: Mapping[str, Any], confine: Callable[[Any], Any]) -> Any:
    """Return the value of `expr`, in which the `names` are known.

    Args:
        expr: May stand on several lines; space around it means nothing.
        names: What dotted names may begin with.
        confine: Returns what stands for the result of a call.
    """
    if not isinstance(expr, str):
        raise TypeError(f"cannot load a configuration of type {type(expr).__name__}: not a text")
    before = expr[: len(expr) - len(expr.lstrip())]
    lines_above, left = before.count("\n"), before.rpartition("\n")[2]
    try:
        syntax = ast.parse(expr.strip(), mode="eval").body
        return _Evaluation(expr, lines_above, len(left), names, confine).value(syntax)
    except SyntaxError as error:
        if error.lineno == 1 and error.offset is not None:
            error.offset += len(left)
        if error.lineno is not None:
            error.lineno += lines_above
        raise
    except (MemoryError, RecursionError):
        raise ValueError("cannot load a configuration that is nested so deeply") from None


class _Evaluation:
    """The values of one text's syntax; errors tell where in the text they are."""

    def __init__(
        self,
        expr: str,
        lines_above: int,
        columns_left: int,
        names: Mapping[str, Any],
        confine: Callable[[Any], Any],
    ) -> None:
        self._lines = expr.split("\n")
        self._lines_above = lines_above
        self._columns_left = columns_left
        self._names = names
        self._confine = confine

    def value(self, node: ast.expr) -> Any:
        match node:
            case ast.Constant():
                return node.value
            case ast.Name():
                if node.id not in self._names:
                    raise NameError(f"name {node.id!r} is not defined{self._place(node)}")
                return self._names[node.id]
            case ast.Attribute():
                return self._attribute(node)
            case ast.Call():
                return self._call(node)
            case ast.List():
                return [self.value(element) for element in node.elts]
            case ast.Tuple():
                return tuple(self.value(element) for element in node.elts)
            case ast.Set():
                return {self.value(element) for element in node.elts}
            case ast.Dict():
                return self._dict(node)
            case ast.UnaryOp() if type(node.op) in _UNARY:
                return _UNARY[type(node.op)](self.value(node.operand))
            case ast.BinOp() if type(node.op) in _BINARY:
                operands = self.value(node.left), self.value(node.right)
                if all(isinstance(operand, int | float) for operand in operands):
                    return _BINARY[type(node.op)](*operands)
        raise self._refusal(
            node, f"load {ast.unparse(node)!r}: a configuration holds names and values"
        )

    def _attribute(self, node: ast.Attribute) -> Any:
        if node.attr.startswith("_"):
            raise self._refusal(node, f"load the private name {node.attr!r}")
        owner = self.value(node.value)
        origin = (type(owner).__module__ or "").partition(".")[0]
        if origin not in self._names:
            raise self._refusal(node, f"load {node.attr!r} of a {type(owner).__name__}")
        return getattr(owner, node.attr)

    def _call(self, node: ast.Call) -> Any:
        # A result's own methods are out of reach: only what a dotted name stands for is called.
        if not _is_dotted_name(node.func):
            raise self._refusal(node, f"call {ast.unparse(node.func)!r}: it is no dotted name")
        function = self.value(node.func)
        positional = [self.value(argument) for argument in node.args]
        named: dict[str, Any] = {}
        for keyword in node.keywords:
            given = self.value(keyword.value)
            if keyword.arg is not None:
                given = {keyword.arg: given}
            elif not isinstance(given, dict):
                raise self._refusal(keyword.value, "unpack what is no dict")
            for name, value in given.items():
                if name in named:
                    raise self._refusal(keyword.value, f"give {name!r} twice")
                named[name] = value
        try:
            return self._confine(function(*positional, **named))
        except Exception as error:
            if hasattr(error, "add_note"):  # Python 3.11
                error.add_note(f"in the configuration{self._place(node)}")
            raise

    def _dict(self, node: ast.Dict) -> dict[Any, Any]:
        if any(key is None for key in node.keys):
            raise self._refusal(node, "load a dict that unpacks another one")
        keys = [self.value(key) for key in node.keys if key is not None]
        return dict(zip(keys, (self.value(value) for value in node.values), strict=True))

    def _refusal(self, node: ast.expr, what: str) -> ValueError:
        return ValueError(f"cannot {what}{self._place(node)}")

    def _place(self, node: ast.expr) -> str:
        line = node.lineno + self._lines_above
        # The parser counts bytes, and from where the expression begins.
        left = self._columns_left if node.lineno == 1 else 0
        text = self._lines[line - 1][left:].encode()[: node.col_offset].decode()
        return f" (line {line}, column {left + len(text) + 1})"


def _is_dotted_name(node: ast.expr) -> bool:
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name)
