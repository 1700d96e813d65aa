"""Turns the docstrings of public modules into pages.

Sources are parsed and never imported, so the pages are the same on every Python and need no
framework.
"""

from __future__ import annotations

import ast
import re
from functools import cache
from itertools import zip_longest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCES = [ROOT / "packages" / package / "src" for package in ("sdk", "wire")]
LONGEST_LINE = 92

SECTION = re.compile(r"^(Args|Returns|Raises|Yields|Attributes|Source):(?: (.*))?$")
NAMED = re.compile(r"^(\*{0,2}[\w.]+): (.*)$")
ROLE = re.compile(r":\w+:`~?([^`]+)`")

QUOTED = re.compile(r"'([^'\"\\]*)'")

FUNCTION = ast.FunctionDef | ast.AsyncFunctionDef


def section(place):
    """Return the part of a page that describes one module, as lines.

    Args:
        place: The module's name; behind a colon, the one name of it that matters.
    """
    module, _, only = place.partition(":")
    tree = parse(module)
    lines = [f"## {module}", "", *([] if only else prose(ast.get_docstring(tree)))]
    shown = {name: node for name, node in offered(tree) if only in ("", name)}
    neighbours = {**imported_bases(tree), **dict(definitions(tree))}
    for name, node in shown.items():
        lines += ["", f"### {name}", "", *described(name, node, neighbours, shown)]
    return [*lines, ""]


def modules(package):
    """Yield the modules below a package, by name: those with something to say, none private."""
    for root in SOURCES:
        for path in sorted((root / package).rglob("*.py")):
            parts = path.relative_to(root).with_suffix("").parts
            names = parts[:-1] if parts[-1] == "__init__" else parts
            module = ".".join(names)
            if not any(name.startswith("_") for name in names) and list(offered(parse(module))):
                yield module


@cache
def parse(module):
    """Return the syntax tree of a module or package of ours; an empty one for any other."""
    path = Path(*module.split("."))
    for root in SOURCES:
        for candidate in (root / path.with_suffix(".py"), root / path / "__init__.py"):
            if candidate.exists():
                return ast.parse(candidate.read_text(encoding="utf-8"))
    return ast.parse("")


def offered(tree):
    """Yield what a module offers, by name: what ``__all__`` lists, else what it defines."""
    defined = dict(definitions(tree))
    listed = next(
        (
            ast.literal_eval(node.value)
            for node in tree.body
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
        ),
        [name for name in defined if not name.startswith("_")],
    )
    for name in listed:
        found = defined.get(name) or passed_on(tree, name)
        if found is not None:
            yield name, found


def passed_on(tree, name):
    """Return the definition of what a module imports from another; None where that has none."""
    for node in tree.body:
        for alias in node.names if isinstance(node, ast.ImportFrom) else ():
            if (alias.asname or alias.name) == name:
                source = parse(node.module)
                return dict(definitions(source)).get(alias.name) or (
                    passed_on(source, alias.name) if source is not tree else None
                )
    return None


def imported_bases(tree):
    """Return the classes of ours that a module imports to derive from, by name."""
    names = {
        ast.unparse(base)
        for node in tree.body
        if isinstance(node, ast.ClassDef)
        for base in node.bases
    }
    found = {name: passed_on(tree, name) for name in names}
    return {name: node for name, node in found.items() if isinstance(node, ast.ClassDef)}


def definitions(tree):
    """Yield functions, classes, and the assignments that a docstring describes, by name."""
    for node, following in zip_longest(tree.body, tree.body[1:]):
        if isinstance(node, FUNCTION | ast.ClassDef):
            yield node.name, node
        elif isinstance(node, ast.Assign | ast.AnnAssign) and is_text(following):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            yield ast.unparse(target), (node, following.value.value)


def is_text(node):
    """Return whether a statement is a text that stands alone."""
    value = node.value if isinstance(node, ast.Expr) else None
    return isinstance(value, ast.Constant) and isinstance(value.value, str)


def described(name, node, neighbours, shown):
    """Return what one function, class or value is, as lines.

    Args:
        name: How it is offered.
        node: Its definition.
        neighbours: All definitions of the module, and the classes that it derives from.
        shown: Those that have entries of their own; members of other bases are a class's own.
    """
    if isinstance(node, tuple):
        assignment, text = node
        line = text_of(assignment)
        return [*code(line if len(line) <= LONGEST_LINE else f"{name} = …"), "", *prose(text)]
    if isinstance(node, ast.ClassDef):
        return described_class(name, node, neighbours, shown)
    head = call(name, arguments(node.args), returned(node))
    return [*code(head), "", *prose(ast.get_docstring(node))]


def described_class(name, node, neighbours, shown):
    """Return what a class is: how it is made, what it promises, its methods and properties."""
    family = [node, *bases_of(node, neighbours)]
    lines = [*code(call(name, constructor(family))), "", *prose(ast.get_docstring(node))]
    names = [ast.unparse(base) for base in node.bases]
    bases = ", ".join(f"`{one}`" for one in names if not one.startswith("_"))
    if bases:
        lines += ["", f"Bases: {bases}."]
    constants = [
        f"`{text_of(one)}`"
        for one in node.body
        if isinstance(one, ast.Assign)
        and isinstance(one.value, ast.Constant)
        and not ast.unparse(one.targets[0]).startswith("_")
    ]
    if constants:
        lines += ["", f"Values: {', '.join(constants)}."]
    members = {
        one.name: one
        for relative in reversed(family)
        if relative is node or relative.name not in shown
        for one in relative.body
        if isinstance(one, FUNCTION) and not one.name.startswith("_") and not is_setter(one)
    }
    if members:
        lines += ["", "Members:"]
    return lines + [line for one in members.values() for line in ("", *described_member(one))]


def bases_of(node, neighbours):
    """Yield the bases of a class that its module defines, and theirs."""
    for base in node.bases:
        above = neighbours.get(ast.unparse(base))
        if isinstance(above, ast.ClassDef):
            yield above
            yield from bases_of(above, neighbours)


def constructor(family):
    """Return the arguments that make an instance: of the first ``__init__``, else the fields."""
    for node in family:
        for one in node.body:
            if isinstance(one, FUNCTION) and one.name == "__init__":
                return arguments(one.args)[1:]
    return [
        ast.unparse(one)
        for node in reversed(family)
        for one in node.body
        if isinstance(one, ast.AnnAssign)
        and not ast.unparse(one.target).startswith("_")
        and "ClassVar" not in ast.unparse(one.annotation)
    ]


def described_member(node):
    """Return a method or a property as one entry of a list."""
    decorators = [ast.unparse(one) for one in node.decorator_list]
    head = node.name
    if not any(one.endswith("property") for one in decorators):
        taken = arguments(node.args)[0 if "staticmethod" in decorators else 1 :]
        head = f"{node.name}({', '.join(taken)}){returned(node)}"
    if isinstance(node, ast.AsyncFunctionDef):
        head = f"await {head}"
    first, *rest = prose(ast.get_docstring(node)) or [""]
    entry = f"- `{head}`: {first}" if first else f"- `{head}`"
    return [entry, *(f"    {line}" if line else "" for line in rest)]


def is_setter(node):
    """Return whether a function is the second half of a property."""
    return any(ast.unparse(one).endswith((".setter", ".deleter")) for one in node.decorator_list)


def arguments(node):
    """Return the arguments of a function, each as text."""
    positional = [*node.posonlyargs, *node.args]
    defaults = [None] * (len(positional) - len(node.defaults)) + node.defaults
    taken = [argument(*pair) for pair in zip(positional, defaults, strict=True)]
    if node.posonlyargs:
        taken.insert(len(node.posonlyargs), "/")
    if node.vararg is not None:
        taken.append(f"*{argument(node.vararg)}")
    elif node.kwonlyargs:
        taken.append("*")
    taken += [argument(*pair) for pair in zip(node.kwonlyargs, node.kw_defaults, strict=True)]
    if node.kwarg is not None:
        taken.append(f"**{argument(node.kwarg)}")
    return taken


def argument(node, default=None):
    """Return one argument with its type and default."""
    equals = " = " if node.annotation is not None else "="
    return ast.unparse(node) + ("" if default is None else equals + text_of(default))


def returned(node):
    """Return the type of what a function returns, as it stands behind a signature."""
    annotation = "None" if node.returns is None else ast.unparse(node.returns)
    return "" if annotation == "None" else f" -> {annotation}"


def call(name, taken, result=""):
    """Return a call with its arguments, on one line when they fit and else one below the other."""
    line = f"{name}({', '.join(taken)}){result}"
    if len(line) <= LONGEST_LINE:
        return line
    return f"{name}(\n" + "".join(f"    {one},\n" for one in taken) + f"){result}"


def text_of(node):
    """Return source text as the formatter would quote it."""
    return QUOTED.sub(r'"\1"', ast.unparse(node))


def code(text):
    """Return a block that is shown as Python; it is no program, so no test runs it."""
    return ["```py", text, "```"]


def prose(docstring):
    """Return a docstring as lines of a page; its sections become lists."""
    lines, in_section = [], False
    for line in ROLE.sub(r"`\1`", docstring or "").replace("``", "`").splitlines():
        heading = SECTION.match(line)
        named = NAMED.match(line[4:]) if in_section and line.startswith("    ") else None
        if heading:
            in_section = True
            lines += [f"{heading[1]}: {heading[2] or ''}".rstrip(), ""]
        elif named:
            lines.append(f"- `{named[1]}`: {named[2]}")
        elif in_section and line.startswith("        "):
            lines.append(f"    {line.strip()}")
        else:
            lines.append(line.strip() if in_section else line)
    return lines
