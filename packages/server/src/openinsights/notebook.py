"""KQL in notebooks: `%load_ext openinsights.notebook`, then `%%kql` and `%kql`.

Imported by IPython alone; nothing else of the package needs IPython.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from IPython.core.magic import Magics, line_cell_magic, line_magic, magics_class, no_var_expand

from openinsights.cli.configuration import DEFAULT_URL, configured
from openinsights.database import open as open_database
from openinsights.errors import OpenInsightsError
from openinsights.kql.caret import pointed_out
from openinsights.kql.errors import KqlError, KqlSyntaxError
from openinsights.kql.lexer import tokenize
from openinsights.kql.tokens import NAME, SYMBOL
from openinsights.query.errors import BadQueryArgument

if TYPE_CHECKING:
    from collections.abc import Mapping

    from IPython.core.interactiveshell import InteractiveShell

    from openinsights.database import Database
    from openinsights.query.result import QueryResult

_OPTION: Final = re.compile(r"--(app|url|data|timespan)(?:=|\s+|$)")
_VALUE: Final = re.compile(r"""'([^']+)'|"([^"]+)"|([^\s'"]+)""")
_ASSIGNMENT: Final = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)\s*<<\s*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the first line of a magic says.

    Attributes:
        target: URL or data folder, or None for the one of before.
        app: name or id of the resource, or None for the one of before.
        timespan: a filter on the time column, or None.
        name: the variable that takes the result, or "".
        text: what stands behind it all.
    """

    target: str | None = None
    app: str | None = None
    timespan: str | None = None
    name: str = ""
    text: str = ""


def understood(line: str) -> Asked:
    """Return what a magic's line says: options, then `name <<`, then the query.

    Raises:
        BadQueryArgument: an option has no value.
    """
    asked, rest = Asked(), line.strip()
    while option := _OPTION.match(rest):
        value, rest = _value(rest[option.end() :], option[1])
        key = {"url": "target", "data": "target"}.get(option[1], option[1])
        asked = replace(asked, **{key: value})
    if rest.startswith("--"):
        word = rest.split()[0]
        raise BadQueryArgument(
            f"cannot use option {word}: there are --app, --url, --data and --timespan"
        )
    if named := _ASSIGNMENT.match(rest):
        asked, rest = replace(asked, name=named[1]), rest[named.end() :]
    return replace(asked, text=rest)


def _value(text: str, option: str) -> tuple[str, str]:
    found = _VALUE.match(text)
    if found is None:
        raise BadQueryArgument(f"cannot use option --{option}: write its value behind it")
    return found[1] or found[2] or found[3], text[found.end() :].lstrip()


def with_parameters(text: str, variables: Mapping[str, Any]) -> tuple[str, dict[str, object]]:
    """Return a query whose `{name}` are names of parameters, and the parameters' values.

    The text keeps its length, so that places in it stay what they were. `{name}` is a parameter
    where a value may stand; behind a `)` it is the body of a function, and in quotes it is text.

    Args:
        text: the query as written.
        variables: what names mean.

    Raises:
        BadQueryArgument: there is no such variable.
    """
    try:
        tokens = tokenize(text)
    except KqlSyntaxError:
        return text, {}  # whoever runs it says what is wrong
    pieces, end, values = [], 0, {}
    for before, opening, name, closing in zip(
        [None, *tokens], tokens, tokens[1:], tokens[2:], strict=False
    ):
        is_braced = (opening.said, name.kind, closing.said) == ((SYMBOL, "{"), NAME, (SYMBOL, "}"))
        if not is_braced or (before is not None and before.text == ")"):
            continue
        if name.text not in variables:
            raise BadQueryArgument(
                f"cannot fill in {{{name.text}}}: there is no variable {name.text}"
            )
        width = closing.end - opening.start
        parameter = f"_{name.text}_".ljust(width, "_")
        pieces += [text[end : opening.start], parameter]
        values[parameter] = variables[name.text]
        end = closing.end
    return "".join([*pieces, text[end:]]), values


@magics_class
class KqlMagics(Magics):
    """`%%kql`, `%kql` and `%kql_connect`."""

    def __init__(self, shell: InteractiveShell) -> None:
        super().__init__(shell)
        self._variables = shell.user_ns
        self._target = configured()[0].url or DEFAULT_URL
        self._app: str | None = None
        self._database: Database | None = None

    @line_magic
    def kql_connect(self, line: str) -> None:
        """Choose what later queries read.

        Example:  %kql_connect http://127.0.0.1:5380 --app shop
        """
        try:
            target, options = None, line.strip()
            if options and not options.startswith("--"):
                target, options = _value(options, "url")
            asked = understood(options)
            self._connect(target or asked.target or self._target, asked.app)
        except OpenInsightsError as error:
            self._tell(error, "")

    # IPython would put the values of {names} into the text itself
    @no_var_expand
    @line_cell_magic
    def kql(self, line: str, cell: str | None = None) -> Any:  # a DataFrame where pandas is there
        """Run a query: `%%kql` above it, or `%kql` before it on one line.

        Options: --app NAME, --url URL or --data FOLDER, --timespan PT1H. `name <<` puts the result
        into a variable. `{variable}` is a parameter with that variable's value.

        Example:  %%kql --app shop
                  requests | where duration > {limit} | summarize count() by name
        """
        text = ""
        try:
            asked = understood(line)
            text = asked.text if cell is None else f"{asked.text}\n{cell}" if asked.text else cell
            if asked.target is not None:
                self._connect(asked.target, asked.app or self._app)
            result = self._answer(text, asked)
        except OpenInsightsError as error:
            self._tell(error, text)
            return None
        if result.partial:
            sys.stderr.write(f"the answer is not complete: {result.partial}\n")
        found = _frames(result)
        if not asked.name:
            return found
        self._variables[asked.name] = found
        return None

    def _answer(self, text: str, asked: Asked) -> QueryResult:
        if not text.strip():
            raise BadQueryArgument(
                "cannot run a query without text: write it behind %kql or below %%kql"
            )
        text, values = with_parameters(text, self._variables)
        if self._database is None:
            self._connect(self._target, self._app)
        assert self._database is not None  # noqa: S101 - for mypy; it was opened just now
        return self._database.kql(
            text, app=asked.app or self._app, timespan=asked.timespan, parameters=values
        )

    def _connect(self, target: str, app: str | None) -> None:
        if target != self._target or self._database is None:
            self.close()
            self._database = open_database(target)
        self._target, self._app = target, app

    def _tell(self, error: OpenInsightsError, text: str) -> None:
        """Print a mistake under its line; a traceback would hide it."""
        place = ""
        if isinstance(error, KqlError):
            place = pointed_out(error, text).partition("\n")[2]
        sys.stderr.write(f"{error}\n{place}".rstrip() + "\n")

    def close(self) -> None:
        """Let go of what is open."""
        if self._database is not None:
            self._database.close()
            self._database = None


def _frames(result: QueryResult) -> Any:  # a DataFrame, a dict of them, or the result itself
    try:
        import pandas  # noqa: F401 - only whether it is there
    except ModuleNotFoundError:
        return result
    if len(result.tables) == 1:
        return result.df()
    return {table.name: table.df() for table in result.tables}


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Register the magics; IPython calls it on `%load_ext openinsights.notebook`."""
    magics = KqlMagics(shell)
    shell.register_magics(magics)
    shell.openinsights_magics = magics  # type: ignore[attr-defined]  # for unload


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """Close what is open; IPython calls it on `%unload_ext openinsights.notebook`."""
    shell.openinsights_magics.close()  # type: ignore[attr-defined]
