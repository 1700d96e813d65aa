"""`openinsights shell`: queries one after the other, with completion and history."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import typer

from openinsights.cli.name_help import described
from openinsights.cli.pager import page
from openinsights.cli.printed import Format, Style, printed
from openinsights.cli.target import App, Data, Url, target_of
from openinsights.errors import OpenInsightsError
from openinsights.settings import user_data_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from prompt_toolkit import PromptSession

    from openinsights.database import Database

HISTORY_FILE: Final = "query_history"
_ROWS_OF_KEYS: Final = 500
_MOST_KEYS: Final = 100
_STATEMENTS_WITHOUT_ROWS: Final = ("let", "set", "declare", "restrict", "alias")
HELP: Final = """\
A query may have several lines: a blank line or a ';' at its end runs it. Tab completes.
Ctrl-C stops a running query or clears the line, Ctrl-D leaves.

  \\t            tables
  \\d TABLE      columns of a table
  \\app NAME     read one resource; without a name all of them
  \\f FORMAT     print as table, list, json, jsonl, csv, tsv or markdown
  \\c            draw what says render, or print its rows: turns it on and off
  \\e QUERY      columns after each operator, and the SQL
  \\h NAME       how a name of KQL is written; without a name this help
  \\q            leave
"""


class ShellError(OpenInsightsError):
    """The shell cannot run."""

    code = "ShellError"


def shell(
    app: App = None,
    url: Url = None,
    data: Data = None,
) -> None:
    """Ask queries one after the other, with completion, history and highlighting.

    Example:  openinsights shell --app shop
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise ShellError("cannot run the shell without a terminal; use openinsights query -")
    from openinsights.database import open as open_database

    target = target_of(url, data)
    history = user_data_folder(os.environ, sys.platform, Path.home()) / HISTORY_FILE
    with open_database(target) as database:
        database.kql("print 1")  # a server that is not there is told before anything is typed
        typer.echo(f"{target}: a blank line or ';' runs a query, \\h helps, Ctrl-D leaves")
        asked = Shell(database, app)
        asked.run(_session(history, asked.keys))


def is_complete(text: str) -> bool:
    """Whether a text is run when Enter is pressed at its end."""
    stripped = text.strip()
    if not stripped or stripped.startswith("\\") or stripped in ("exit", "quit", "help"):
        return True
    if text.endswith("\n"):
        return True
    last = stripped.rstrip(";").rpartition(";")[2].split(None, 1)
    return stripped.endswith(";") and bool(last) and last[0] not in _STATEMENTS_WITHOUT_ROWS


class Shell:
    """Answers what is typed.

    Args:
        database: what is asked.
        app: the resource to read, or None for all.
    """

    def __init__(self, database: Database, app: str | None) -> None:
        self._database = database
        self._app = app
        self._format = Format.TABLE
        self._has_chart = True
        self._keys: dict[tuple[str | None, str, str], Sequence[str]] = {}

    def run(self, session: PromptSession[str]) -> None:
        """Read and answer until the user leaves."""
        while True:
            is_asked = False
            try:
                text = session.prompt("kql> ").strip()
                is_asked = True
                if text in ("\\q", "exit", "quit"):
                    return
                self.answer(text)
            except KeyboardInterrupt:
                if is_asked:
                    typer.echo("stopped", err=True)
            except EOFError:
                return
            except OpenInsightsError as error:
                typer.echo(str(error), err=True)

    def answer(self, text: str) -> None:
        """Answer a query or a command.

        Raises:
            OpenInsightsError: it cannot be answered.
        """
        if text.startswith("\\") or text == "help":
            name, _, rest = text.partition(" ")
            self._command(name, rest.strip())
        elif text:
            self._query(text)

    def keys(self, table: str, column: str) -> Sequence[str]:
        """Return the keys that a dynamic column of a table holds, as far as its newest rows tell.

        Asked once for each column: completion must not make anybody wait twice.
        """
        from openinsights.schema.catalog import ALL

        asked = (self._app, table, column)
        if asked not in self._keys:
            self._keys[asked] = ()
            time = next(each.time_column for each in ALL if each.name == table)
            text = (
                f"['{table}'] | top {_ROWS_OF_KEYS} by {time} | mv-expand k = bag_keys(['{column}'])"
                " to typeof(string) | summarize count() by k | order by count_ desc"
                f" | take {_MOST_KEYS}"
            )
            with contextlib.suppress(OpenInsightsError):
                found = self._database.kql(text, app=self._app, timespan="P1D")
                self._keys[asked] = tuple(str(row[0]) for row in found.rows)
        return self._keys[asked]

    def _query(self, text: str) -> None:
        from openinsights.kql.caret import pointed_out
        from openinsights.kql.errors import KqlError

        try:
            result = self._database.kql(text, app=self._app)
        except KqlError as error:
            typer.echo(pointed_out(error, text), err=True)
            return
        style = Style(
            self._format,
            width=shutil.get_terminal_size().columns,
            has_chart=self._has_chart,
            has_colours="NO_COLOR" not in os.environ,
            whole="\\f list",
        )
        rows = len(result)
        count = f"({rows:,} row{'' if rows == 1 else 's'}, {result.statistics.execution_s:.3f} s)\n"
        page(chain(printed(result, style), [count]))
        if result.partial:
            typer.echo(f"the answer is not complete: {result.partial}", err=True)

    def _command(self, name: str, rest: str) -> None:
        if name == "\\t":
            page(f"{line}\n" for line in _tables())
        elif name == "\\d":
            page(f"{line}\n" for line in _columns(rest))
        elif name == "\\app":
            self._app = rest or None
        elif name == "\\f":
            if rest not in list(Format):
                raise ShellError(f"cannot print as {rest!r}: there are {', '.join(Format)}")
            self._format = Format(rest)
        elif name == "\\c":
            self._has_chart = not self._has_chart
            typer.echo("charts are drawn" if self._has_chart else "charts are printed as rows")
        elif name == "\\e":
            self._explain(rest)
        elif name in ("\\h", "\\?", "help"):
            text = "".join(f"{line}\n" for line in described(rest)) if rest else HELP
            typer.echo(text, nl=False)
        else:
            raise ShellError(f"cannot run command {name}: \\h lists the commands")

    def _explain(self, text: str) -> None:
        from openinsights.clock import SystemClock
        from openinsights.kql.api import CompileOptions
        from openinsights.kql.database import Database
        from openinsights.kql.explain import explained
        from openinsights.kql.stage import Stage
        from openinsights.schema.catalog import ALL

        options = CompileOptions(now_ticks=SystemClock().now_ticks())
        stages = (Stage.OPERATORS, Stage.SQL)
        shown = [explained(text, stage, Database(ALL), options) for stage in stages]
        page(f"{part}\n\n" for part in shown)


def _tables() -> Iterator[str]:
    from openinsights.query.text_table import aligned
    from openinsights.schema.catalog import ALL

    rows = [(table.name, table.doc or f"the rows of {table.alias_of}") for table in ALL]
    return aligned(("table", "what it holds"), rows)


def _columns(name: str) -> Iterator[str]:
    from openinsights.kql.suggest import did_you_mean
    from openinsights.query.text_table import aligned
    from openinsights.schema.catalog import ALL

    tables = {table.name: table for table in ALL}
    if name not in tables:
        hint = did_you_mean(name, tables) or "\\t lists the tables"
        raise ShellError(f"cannot show table {name!r}: there is none of the name; {hint}")
    rows = [(column.name, column.type, column.doc) for column in tables[name].columns]
    return aligned(("column", "type", "what it holds"), rows)


def _session(history: Path, keys_of: Callable[[str, str], Sequence[str]]) -> PromptSession[str]:
    """The line editor; its library is loaded by nothing but the shell."""
    from prompt_toolkit import PromptSession
    from prompt_toolkit.completion import Completer, Completion
    from prompt_toolkit.history import FileHistory, InMemoryHistory
    from prompt_toolkit.key_binding import KeyBindings

    from openinsights.kql.completion import completions
    from openinsights.kql.database import Database
    from openinsights.schema.catalog import ALL

    class _Names(Completer):
        def get_completions(self, document: Any, complete_event: Any) -> Iterator[Completion]:
            if document.text.startswith("\\"):
                return
            position = document.cursor_position
            for each in completions(document.text, position, Database(ALL), keys_of):
                yield Completion(
                    each.text, each.start - position, display_meta=each.doc or each.kind
                )

    keys = KeyBindings()

    @keys.add("enter")
    def _enter(event: Any) -> None:
        buffer = event.current_buffer
        if buffer.document.is_cursor_at_the_end and is_complete(buffer.text):
            buffer.validate_and_handle()
        else:
            buffer.insert_text("\n")

    return PromptSession(
        multiline=True,
        completer=_Names(),
        complete_while_typing=False,
        key_bindings=keys,
        history=FileHistory(str(history)) if _is_private(history) else InMemoryHistory(),
        prompt_continuation="   > ",
        lexer=_highlighter(),
    )


def _is_private(history: Path) -> bool:
    """Make the file of the history readable to its owner alone; False where it cannot be kept."""
    try:
        history.parent.mkdir(parents=True, exist_ok=True)
        history.touch(mode=0o600)
    except OSError:
        return False
    return True


def _highlighter() -> Any:  # a Lexer of prompt_toolkit, whose class exists only when it is loaded
    from prompt_toolkit.lexers import SimpleLexer

    from openinsights.kql.errors import KqlError
    from openinsights.kql.functions import registry
    from openinsights.kql.lexer import tokenize
    from openinsights.kql.operators.registry import BY_NAME
    from openinsights.kql.tokens import END, NAME, STRING, SYMBOL

    words = {part for name in BY_NAME for part in name.split("-")} | {
        "by",
        "on",
        "let",
        "and",
        "or",
    }
    functions = set(registry.names())

    def style(kind: str, text: str) -> str:
        if kind == NAME:
            return "ansiblue bold" if text in words else "ansicyan" if text in functions else ""
        return {STRING: "ansigreen", SYMBOL: "", END: ""}.get(kind, "ansimagenta")

    class _Highlighter(SimpleLexer):
        def lex_document(self, document: Any) -> Any:
            def line(number: int) -> list[tuple[str, str]]:
                text = document.lines[number]
                try:
                    tokens = tokenize(text)
                except KqlError:
                    return [("", text)]
                parts, end = [], 0
                for token in tokens:
                    gap = text[end : token.start]
                    parts.append(("ansibrightblack" if "//" in gap else "", gap))
                    parts.append((style(token.kind, token.text), text[token.start : token.end]))
                    end = token.end
                return parts

            return line

    return _Highlighter()
