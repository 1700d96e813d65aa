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


def evaluate(expr: str, names: Mapping[str, Any]) -> Any:
    """Return the value of `expr`, in which the `names` are known."""
    if not isinstance(expr, str):
        raise TypeError(f"cannot load a configuration of type {type(expr).__name__}: not a text")
    return _value(ast.parse(expr.strip(), mode="eval").body, names)


def _value(node: ast.expr, names: Mapping[str, Any]) -> Any:
    match node:
        case ast.Constant():
            return node.value
        case ast.Name():
            if node.id not in names:
                raise NameError(f"name {node.id!r} is not defined")
            return names[node.id]
        case ast.Attribute():
            if node.attr.startswith("_"):
                raise ValueError(f"cannot load the private name {node.attr!r}")
            return getattr(_value(node.value, names), node.attr)
        case ast.Call():
            return _call(node, names)
        case ast.List():
            return [_value(element, names) for element in node.elts]
        case ast.Tuple():
            return tuple(_value(element, names) for element in node.elts)
        case ast.Set():
            return {_value(element, names) for element in node.elts}
        case ast.Dict():
            return _dict(node, names)
        case ast.UnaryOp() if type(node.op) in _UNARY:
            return _UNARY[type(node.op)](_value(node.operand, names))
        case ast.BinOp() if type(node.op) in _BINARY:
            operands = _value(node.left, names), _value(node.right, names)
            if all(isinstance(operand, int | float) for operand in operands):
                return _BINARY[type(node.op)](*operands)
    raise ValueError(f"cannot load {ast.unparse(node)!r}: a configuration holds names and values")


def _is_dotted_name(node: ast.expr) -> bool:
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name)


def _call(node: ast.Call, names: Mapping[str, Any]) -> Any:
    # A result's own methods are out of reach: only what a dotted name stands for is called.
    if not _is_dotted_name(node.func):
        raise ValueError(f"cannot call {ast.unparse(node.func)!r}: it is no dotted name")
    function = _value(node.func, names)
    positional = [_value(argument, names) for argument in node.args]
    named = {}
    for keyword in node.keywords:
        if keyword.arg is None:
            named.update(_value(keyword.value, names))
        else:
            named[keyword.arg] = _value(keyword.value, names)
    return function(*positional, **named)


def _dict(node: ast.Dict, names: Mapping[str, Any]) -> dict[Any, Any]:
    if any(key is None for key in node.keys):
        raise ValueError("cannot load a dict that unpacks another one")
    keys = [_value(key, names) for key in node.keys if key is not None]
    return dict(zip(keys, (_value(value, names) for value in node.values), strict=True))
