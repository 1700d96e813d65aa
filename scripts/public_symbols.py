"""The list of the client's public symbols: what programs may name, with its parameters.

Sources are parsed and never imported. A change of the list is a change for users: it comes with a
fragment in changelog.d.
"""

from __future__ import annotations

import ast
from copy import deepcopy
from functools import cache

import docstrings

RETIRED = docstrings.ROOT / "tests" / "compat" / "retired_names.txt"
ENUMERABLE = ast.Assign | ast.AnnAssign


def listing(shown):
    """Return the list as text, of the modules that are shown and those that the retired client had."""
    retired = {module for module, *_ in retired_names()}
    modules = frozenset(one for one in {*shown, *retired} if docstrings.parse(one).body)
    lines = {line for module in modules for line in symbols(module, modules)}
    return "\n".join(sorted(lines)) + "\n"


@cache
def retired_names():
    """Return the modules of the retired client, and with each name in them, as tuples of words."""
    lines = RETIRED.read_text(encoding="utf-8").splitlines()
    return {tuple(line.split()[:2]) for line in lines if not line.startswith("#")}


def symbols(module, modules):
    """Yield the lines of one of the modules: it, its functions, classes, values and imports."""
    yield module
    for node in docstrings.parse(module).body:
        if isinstance(node, docstrings.FUNCTION | ast.ClassDef):
            yield from defined(module, node.name, node)
        elif isinstance(node, ENUMERABLE):
            for target in targets(node):
                yield from named(module, target, "")
        elif isinstance(node, ast.ImportFrom | ast.Import):
            yield from imported(module, node, modules)


def defined(module, name, node):
    """Yield the lines of a function or a class that a module has under a name."""
    if isinstance(node, ast.ClassDef):
        yield from class_symbols(module, name, node)
    else:
        yield from named(module, name, parameters(node, 0))


def named(owner, name, suffix):
    """Yield one line, unless the name is private."""
    if not name.startswith("_"):
        yield f"{owner}.{name}{suffix}"


def class_symbols(module, name, node):
    """Yield a class with the parameters of its constructor, and its public members."""
    constructor = next((one for one in node.body if getattr(one, "name", "") == "__init__"), None)
    suffix = "" if constructor is None else parameters(constructor, 1)
    yield from named(module, name, suffix)
    if name.startswith("_"):
        return
    owner = f"{module}.{name}"
    for one in node.body:
        if isinstance(one, docstrings.FUNCTION):
            decorators = {ast.unparse(decorator) for decorator in one.decorator_list}
            if "property" in decorators:
                yield from named(owner, one.name, "")
            elif not any(decorator.endswith(".setter") for decorator in decorators):
                yield from named(owner, one.name, parameters(one, "staticmethod" not in decorators))
        elif isinstance(one, ENUMERABLE):
            for target in targets(one):
                yield from named(owner, target, "")


def targets(node):
    """Return the plain names that an assignment sets."""
    given = node.targets if isinstance(node, ast.Assign) else [node.target]
    return [one.id for one in given if isinstance(one, ast.Name)]


def imported(module, node, modules):
    """Yield what programs may reach through a module that has it from another of ours."""
    for alias in node.names:
        source = node.module if isinstance(node, ast.ImportFrom) else alias.name
        if source.split(".")[0] != "opencensus":
            continue
        name = alias.asname or alias.name.split(".")[0]
        node_there = dict(docstrings.definitions(docstrings.parse(source))).get(alias.name)
        if source not in modules and isinstance(node_there, ast.AST):
            yield from defined(module, name, node_there)
        elif (module, name) in retired_names():
            yield from named(module, name, f" = {source}.{alias.name}")


def parameters(function, skipped):
    """Return the parameters with their defaults and without types, as in a call."""
    given = deepcopy(function.args)
    for one in (*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg):
        if one is not None:
            one.annotation = None
    del given.args[: int(skipped)]
    return f"({ast.unparse(given)})"
