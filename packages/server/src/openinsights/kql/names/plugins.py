"""Plugins: what `evaluate` runs."""

from __future__ import annotations

from typing import Final

from openinsights.kql.names.name import Name

NAMES: Final = (
    Name(
        "active_users_count",
        "active_users_count(IdColumn, TimelineColumn, Start, End, LookbackWindow, Period, ActivePeriods, Step, [Dimension, …])",
        "datatable(id:string, at:datetime)['a', datetime(2026-01-01), 'a', datetime(2026-01-02), 'b', datetime(2026-01-02)] | evaluate active_users_count(id, at, datetime(2026-01-01), datetime(2026-01-03), 7d, 1d, 2, 7d) | order by at asc",
    ),
    Name(
        "activity_counts_metrics",
        "activity_counts_metrics(IdColumn, TimelineColumn, Start, End, Step, [Dimension, …])",
        "datatable(id:string, at:datetime)['a', datetime(2026-01-01), 'a', datetime(2026-01-02), 'b', datetime(2026-01-02)] | evaluate activity_counts_metrics(id, at, datetime(2026-01-01), datetime(2026-01-03), 1d) | order by at asc",
    ),
    Name(
        "activity_engagement",
        "activity_engagement(IdColumn, TimelineColumn, Start, End, [InnerActivityWindow], [OuterActivityWindow], [Dimension, …])",
        "datatable(id:string, at:datetime)['a', datetime(2026-01-01), 'a', datetime(2026-01-02), 'b', datetime(2026-01-02)] | evaluate activity_engagement(id, at, 1d, 7d) | order by at asc",
    ),
    Name(
        "activity_metrics",
        "activity_metrics(IdColumn, TimelineColumn, [Start], [End], [Step], [Dimension, …])",
        "datatable(id:string, at:datetime)['a', datetime(2026-01-01), 'a', datetime(2026-01-02), 'b', datetime(2026-01-02)] | evaluate activity_metrics(id, at, datetime(2026-01-01), datetime(2026-01-03), 1d) | order by at asc",
    ),
    Name(
        "ai_chat_completion",
        "ai_chat_completion(Prompt, ConnectionString, [Options], [IncludeErrorMessages])",
        "evaluate ai_chat_completion('hello', 'endpoint')",
    ),
    Name(
        "ai_chat_completion_prompt",
        "ai_chat_completion_prompt(Prompt, ConnectionString, [Options], [IncludeErrorMessages])",
        "evaluate ai_chat_completion_prompt('hello', 'endpoint')",
    ),
    Name(
        "ai_embed_text",
        "ai_embed_text(Text, ConnectionString, [Options], [IncludeErrorMessages])",
        "evaluate ai_embed_text('hello', 'endpoint')",
    ),
    Name(
        "ai_embeddings",
        "ai_embeddings(Text, ConnectionString, [Options], [IncludeErrorMessages])",
        "evaluate ai_embeddings('hello', 'endpoint')",
    ),
    Name(
        "autocluster",
        "autocluster([SizeWeight], [WeightColumn], [NumSeeds], [CustomWildcard, …])",
        "datatable(code:string, city:string)['500', 'Ghent', '500', 'Ghent', '200', 'Paris', '500', 'Ghent'] | evaluate autocluster() | order by Count desc",
    ),
    Name(
        "azure_digital_twins_query_request",
        "azure_digital_twins_query_request(endpoint, sql_query)",
        "evaluate azure_digital_twins_query_request('endpoint', 'SELECT 1')",
    ),
    Name(
        "bag_unpack",
        "bag_unpack(column, [column_prefix])",
        "datatable(d:dynamic)[dynamic({'tier': 'gold', 'items': 3})] | evaluate bag_unpack(d)",
    ),
    Name(
        "basket",
        "basket([Threshold], [WeightColumn], [MaxDimensions], [CustomWildcard, …])",
        "datatable(code:string, city:string)['500', 'Ghent', '500', 'Ghent', '200', 'Paris'] | evaluate basket(0.5)",
    ),
    Name(
        "cosmosdb_sql_request",
        "cosmosdb_sql_request(connection_string, sql_query, [sql_parameters], [options])",
        "evaluate cosmosdb_sql_request('connection', 'SELECT 1')",
    ),
    Name(
        "csharp",
        "csharp(OutputSchema, Script, [Arguments])",
        "requests | evaluate csharp(typeof(*), 'code')",
    ),
    Name(
        "dax_request",
        "dax_request(connection_string, dax_query, [dax_parameters], [options])",
        "evaluate dax_request('connection', 'EVALUATE t')",
    ),
    Name(
        "dcount_intersect",
        "dcount_intersect(hll, …)",
        "range x from 1 to 5 step 1 | summarize a = hll(x), b = hll(x + 3) | evaluate dcount_intersect(a, b)",
    ),
    Name(
        "diffpatterns",
        "diffpatterns(SplitColumn, SplitValueA, SplitValueB, [WeightColumn], [Threshold], [MaxDimensions], [CustomWildcard, …])",
        "datatable(ok:string, code:string, city:string)['y', '200', 'Paris', 'y', '200', 'Paris', 'n', '500', 'Ghent', 'n', '500', 'Ghent'] | evaluate diffpatterns(ok, 'y', 'n')",
    ),
    Name(
        "diffpatterns_text",
        "diffpatterns_text(TextColumn, Predicate)",
        "datatable(text:string, failed:bool)['order timed out', true, 'payment timed out', true, 'order placed', false, 'cart opened', false] | evaluate diffpatterns_text(text, failed)",
    ),
    Name(
        "estimate_rows_count",
        "estimate_rows_count()",
        "range x from 1 to 3 step 1 | evaluate estimate_rows_count()",
    ),
    Name(
        "execute_query",
        "execute_query(connection_string, query)",
        "evaluate execute_query('connection', 'requests')",
    ),
    Name(
        "execute_show_command",
        "execute_show_command(connection_string, command)",
        "evaluate execute_show_command('connection', '.show tables')",
    ),
    Name("external_datatable", "external_datatable()", "evaluate external_datatable()"),
    Name(
        "funnel_sequence",
        "funnel_sequence(IdColumn, TimelineColumn, Start, End, MaxWindowSizeBetweenSteps, Step, StateColumn, Sequence)",
        "customEvents | evaluate funnel_sequence(user_Id, timestamp, ago(1d), now(), 1h, 1h, name, dynamic(['view', 'buy']))",
    ),
    Name(
        "funnel_sequence_completion",
        "funnel_sequence_completion(IdColumn, TimelineColumn, Start, End, BinSize, StateColumn, Sequence, MaxSequencePeriods)",
        "customEvents | evaluate funnel_sequence_completion(user_Id, timestamp, ago(1d), now(), 1h, name, dynamic(['view', 'buy']), dynamic([1h]))",
    ),
    Name(
        "geo_line_lookup",
        "geo_line_lookup(LookupTable, LookupLineKey, SourceLongitude, SourceLatitude, radius, [return_unmatched], [lookup_area_radius], [return_lookup_key])",
        "requests | evaluate geo_line_lookup(requests, customDimensions, duration, duration, 10)",
    ),
    Name(
        "geo_polygon_lookup",
        "geo_polygon_lookup(LookupTable, LookupPolygonKey, SourceLongitude, SourceLatitude, [radius], [return_unmatched], [lookup_area_radius], [return_lookup_key])",
        "requests | evaluate geo_polygon_lookup(requests, customDimensions, duration, duration)",
    ),
    Name(
        "http_request",
        "http_request(Uri, [RequestHeaders], [Options])",
        "evaluate http_request('https://shop.example')",
    ),
    Name(
        "http_request_post",
        "http_request_post(Uri, [RequestHeaders], [Options], [Content])",
        "evaluate http_request_post('https://shop.example')",
    ),
    Name("identity", "identity()", "range x from 1 to 2 step 1 | evaluate identity()"),
    Name(
        "identity_v3",
        "identity_v3(mode, exceptionText)",
        "range x from 1 to 2 step 1 | evaluate identity_v3('a', 'b')",
    ),
    Name(
        "infer_storage_schema",
        "infer_storage_schema(Options)",
        "evaluate infer_storage_schema(dynamic({}))",
    ),
    Name(
        "infer_storage_schema_with_suggestions",
        "infer_storage_schema_with_suggestions(Options)",
        "evaluate infer_storage_schema_with_suggestions(dynamic({}))",
    ),
    Name(
        "ipv4_lookup",
        "ipv4_lookup(LookupTable, SourceIPv4Key, IPv4LookupKey, [ExtraKey, …], [return_unmatched])",
        "let nets = datatable(net:string, site:string)['192.0.2.0/24', 'Ghent']; datatable(ip:string)['192.0.2.7'] | evaluate ipv4_lookup(nets, ip, net)",
    ),
    Name(
        "ipv6_lookup",
        "ipv6_lookup(LookupTable, SourceIPv6Key, IPv6LookupKey, [return_unmatched])",
        "let nets = datatable(net:string, site:string)['2001:db8::/32', 'Ghent']; datatable(ip:string)['2001:db8::7'] | evaluate ipv6_lookup(nets, ip, net)",
    ),
    Name(
        "mysql_request",
        "mysql_request(connection_string, sql_query, [sql_parameters], [options])",
        "evaluate mysql_request('connection', 'SELECT 1')",
    ),
    Name(
        "narrow",
        "narrow()",
        "print a = 1, b = 'x' | evaluate narrow() | order by Row asc, Column asc",
    ),
    Name(
        "new_activity_metrics",
        "new_activity_metrics(IdColumn, TimelineColumn, Start, End, Window, [Cohort], [Dimension, …], [lookback])",
        "datatable(id:string, at:datetime)['a', datetime(2026-01-01), 'a', datetime(2026-01-02), 'b', datetime(2026-01-02)] | evaluate new_activity_metrics(id, at, datetime(2026-01-01), datetime(2026-01-03), 1d) | order by from_at asc, to_at asc",
    ),
    Name(
        "pivot",
        "pivot(pivotColumn, [aggregateFunction], [columnName, …])",
        "datatable(day:long, code:string)[1, '200', 1, '500', 2, '200'] | evaluate pivot(code) | order by day asc",
    ),
    Name(
        "postgresql_request",
        "postgresql_request(connection_string, sql_query, [sql_parameters], [options])",
        "evaluate postgresql_request('connection', 'SELECT 1')",
    ),
    Name("preview", "preview(NumberOfRows)", "requests | evaluate preview(5)"),
    Name(
        "python",
        "python(OutputSchema, Script, [Arguments], [Artifacts])",
        "requests | evaluate python(typeof(*), 'result = df')",
    ),
    Name(
        "r",
        "r(OutputSchema, Script, [Arguments])",
        "requests | evaluate r(typeof(*), 'result <- df')",
    ),
    Name(
        "rolling_percentile",
        "rolling_percentile(ValueColumn, Percentile, IndexColumn, BinSize, BinsPerWindow, [Dimension, …])",
        "range x from 1 to 4 step 1 | evaluate rolling_percentile(x, 50, x, 1, 2) | order by x asc",
    ),
    Name(
        "rows_near",
        "rows_near(Condition, NumRows, [NumRowsAfter])",
        "range x from 1 to 9 step 1 | order by x asc | evaluate rows_near(x == 5, 1)",
    ),
    Name(
        "schema_merge",
        "schema_merge([PreserveOrder])",
        "union (print a = 1 | getschema), (print a = 1.5 | getschema) | evaluate schema_merge() | project ColumnName, ColumnType",
    ),
    Name(
        "sequence_detect",
        "sequence_detect(TimelineColumn, MaxSeqeunceStepWindow, MaxSequenceSpan, Expr, …, [Dimension, …])",
        "customEvents | evaluate sequence_detect(timestamp, 1h, 1h, view = name == 'view', buy = name == 'buy', user_Id)",
    ),
    Name(
        "session_count",
        "session_count(IdColumn, TimelineColumn, Start, End, Bin, LookBackWindow, [Dimension, …])",
        "customEvents | evaluate session_count(user_Id, timestamp, ago(1d), now(), 1h, 30m)",
    ),
    Name(
        "sliding_window_counts",
        "sliding_window_counts(IdColumn, TimelineColumn, Start, End, LookBackWindow, Step, [Dimension, …])",
        "datatable(id:string, at:datetime)['a', datetime(2026-01-01), 'a', datetime(2026-01-02), 'b', datetime(2026-01-02)] | evaluate sliding_window_counts(id, at, datetime(2026-01-01), datetime(2026-01-03), 7d, 1d) | order by at asc",
    ),
    Name(
        "sql_request",
        "sql_request(connection_string, sql_query, [sql_parameters], [options])",
        "evaluate sql_request('connection', 'SELECT 1')",
    ),
    Name(
        "user_cohort",
        "user_cohort(IdColumn, TimelineColumn, Start, End, Step)",
        "customEvents | evaluate user_cohort(user_Id, timestamp, ago(1d), now(), 1h)",
    ),
)
