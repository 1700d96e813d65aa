"""KQL to SQL. Pure: text and tables in, SQL and columns out; no I/O, no clock, no settings.

The stages, each in a file of its own: text > lexer > Token > parser > Syntax > binder > Plan >
rewrite > sql > Sql. What an operator is stands in `operators/<name>.py`, what a function is in a row of
`functions/<family>.py`.

How to use it (import from `openinsights.kql.api`, `.errors`, `.sql.udf`):

    compiled = compile(text, Database(tables=ALL), CompileOptions(now_ticks=clock()))
    for statement in compiled.statements:           # "PrimaryResult", "Table_1", …
        sources = {scan.id: store.source(…) for scan in statement.scans}
        sql = emit(statement, sources)              # Sql(text, parameters), one SELECT
        rows = store.run(sql)                       # in the order of statement.columns

- `Database(tables, name, resource)`: `openinsights.schema.table.Table` values; an App* table is
  scanned by its own name and column names. `resource` finds other resources for their caller.
- `CompileOptions(now_ticks, parameters={}, ask=None)`: now(), and values for names;
  `ask(statement) -> str | None` runs a statement of one row and one column while the query is compiled,
  on the same resources and times, for `evaluate bag_unpack` and `pivot`, whose columns depend on the
  rows. Without it they are refused unless the query declares their schema.
- `Statement.scans`: `Scan(id, table, resource, columns, time_from, time_to, newest_first_limit)`.
  A source must have at least `columns` (it may be empty: any relation then) in the physical form of
  schema.types; time bounds are ticks, both ends included, None where nothing is proved; they are
  hints, the SQL filters again. `resource` is None, or the id that `Database.resource` gave for
  what `app('x')`, `workspace('x')` or `resource('x')` names.
- `Statement.columns`: (name, KqlType) in order. `Statement.render`: `Render(visualization,
  properties)` or None.
- `KqlError` (`KqlSyntaxError`, `KqlSemanticError`, `KqlUnsupported`): `message, line, column, token,
  start, end, hint, diagnostics`.
- `sql.udf.FUNCTIONS`: rows (name, function, parameters, result) that the store registers on each
  DuckDB connection with `null_handling="special"`.
"""
