"""The SQL that a person would write for the answer of each of the portal's tiles.

`{requests}` and the like stand for the rows of the range and the resource, read from the day files
that the range touches; `{requests:5}` reaches five minutes further at both ends. `{grain}`,
`{start}` and `{end}` are ticks, `{op}` and the like SQL literals. A row stands for `itemCount`
items: where a percentile is asked for, rows are repeated so often, and every other figure is then a
plain one.
"""

from __future__ import annotations

_ITEMS = '(select {columns}, duration, success, unnest(range("itemCount")) as copy from {relation})'


def _items(relation: str, *columns: str) -> str:
    return _ITEMS.format(columns=", ".join(columns) or "1 as one", relation=relation)


_BUCKET = "timestamp - timestamp % {grain}"
_FAILED = "count(*) filter (success = 'False')"
_WEIGHED = """sum("itemCount") as calls, coalesce(sum("itemCount") filter (success = 'False'), 0) as failed,
    sum(duration * "itemCount") / sum("itemCount") as avg_ms"""
_ALL = (
    "requests", "dependencies", "exceptions", "traces", "customEvents", "customMetrics",
    "performanceCounters", "availabilityResults", "pageViews", "browserTimings",
)  # fmt: skip
_SEARCHED = (
    "requests", "dependencies", "exceptions", "traces", "customEvents", "pageViews",
    "availabilityResults",
)  # fmt: skip


def _durations(relation: str, more: str = "") -> str:
    """Items and their durations in one series."""
    return f"""
        select {_BUCKET} as bucket, '' as series, count(*), {more}sum(duration), min(duration),
            max(duration), quantile_disc(duration, 0.95)
        from {_items(relation, "timestamp")} group by 1 order by 1"""


def _union(tables: tuple[str, ...], columns: str) -> str:
    return " union all ".join(
        f"select '{name}' as table_name, {columns} from {{{name}}}" for name in tables
    )


def _each_row(tables: tuple[str, ...], columns: tuple[str, ...], where: str = "") -> str:
    """A union in which a table that lacks a text has it empty, as `(name, type)` say."""
    parts = []
    for table in tables:
        has = _HAS[table]
        listed = ", ".join(
            f'"{name}"' if name in has else f'{_MISSING.get(name, chr(39) * 2)} as "{name}"'
            for name in columns
        )
        condition = where
        parts.append(f"select '{table}' as table_name, {listed} from {{{table}}}{condition}")
    return " union all ".join(parts)


_MISSING = {
    "duration": "null::double",
    "severityLevel": "null::integer",
    "details": "null::varchar",
    "customMeasurements": "null::varchar",
}
_COMMON = {
    "timestamp", "itemType", "cloud_RoleName", "cloud_RoleInstance", "operation_Name",
    "operation_Id", "operation_ParentId", "itemId", "itemCount", "application_Version",
    "sdkVersion", "customDimensions", "customMeasurements",
}  # fmt: skip
_HAS = {
    "requests": _COMMON | {"id", "name", "url", "success", "resultCode", "duration"},
    "dependencies": _COMMON
    | {"id", "name", "target", "type", "data", "success", "resultCode", "duration"},
    "exceptions": _COMMON
    | {"type", "message", "outerMessage", "severityLevel", "problemId", "details"},
    "traces": _COMMON | {"message", "severityLevel"},
    "customEvents": _COMMON | {"name"},
    "pageViews": _COMMON | {"id", "name", "url", "duration"},
    "availabilityResults": _COMMON | {"id", "name", "success", "message", "duration"},
    "browserTimings": _COMMON | {"name", "url"},
}
_SEARCH_COLUMNS = (
    "timestamp", "itemType", "name", "message", "outerMessage", "type", "target", "resultCode",
    "success", "duration", "severityLevel", "cloud_RoleName", "operation_Name", "operation_Id",
    "id", "itemId", "itemCount",
)  # fmt: skip
_TX_COLUMNS = (
    "timestamp", "id", "operation_ParentId", "name", "target", "type", "data", "url", "duration",
    "success", "resultCode", "message", "severityLevel", "problemId", "outerMessage", "details",
    "cloud_RoleName", "cloud_RoleInstance", "application_Version", "sdkVersion",
    "customDimensions", "customMeasurements", "itemId", "itemCount",
)  # fmt: skip


BY_HAND: dict[str, str] = {
    "shell.dimensions": f"""
        select "cloud_RoleName", "cloud_RoleInstance", "application_Version", sum("itemCount") as items
        from ({_union(("requests", "dependencies", "exceptions", "traces"),
            '"cloud_RoleName", "cloud_RoleInstance", "application_Version", "itemCount"')})
        group by all order by items desc limit 200""",
    "shell.sampling": f"""
        select "itemType", count(*), sum("itemCount")
        from ({_union(_SEARCHED[:-1], '"itemType", "itemCount"')}) group by 1 order by 1""",
    "overview.headline": f"""
        select case when timestamp < {{start}} then 'previous' else 'current' end as period,
            count(*) filter (copy = 0), count(*), {_FAILED}, avg(duration), quantile_disc(duration, 0.95)
        from {_items("{requests:before}", "timestamp")} group by period""",
    "overview.requests": f"""
        select {_BUCKET} as bucket, count(*), {_FAILED}, avg(duration), quantile_disc(duration, 0.95)
        from {_items("{requests}", "timestamp")} group by bucket order by bucket""",
    "overview.availability": f"""
        select {_BUCKET} as bucket, count(*) filter (success in ('1', 'True', 'true')), count(*),
            100.0 * count(*) filter (success in ('1', 'True', 'true')) / count(*)
        from {{availabilityResults}} group by bucket order by bucket""",
    "overview.operations": f"""
        select name, "cloud_RoleName", count(*), {_FAILED}, avg(duration),
            quantile_disc(duration, 0.95) as p95
        from {_items("{requests}", "name", '"cloud_RoleName"')} group by all order by p95 desc limit 8""",
    "overview.exceptions": """
        select "problemId", type, arg_max("outerMessage", timestamp), arg_max("cloud_RoleName", timestamp),
            sum("itemCount") as total, max(timestamp)
        from {exceptions} group by all order by total desc limit 8""",
    "overview.dependencies": f"""
        select type, target, name, {_WEIGHED} from {{dependencies}}
        group by all having failed > 0 order by failed desc limit 8""",
    "overview.freshness": f"""
        select table_name, count(*) as n, max(timestamp) from ({_union(_ALL, "timestamp")})
        group by table_name order by n desc, table_name""",
    "overview.latest": f"""
        select table_name, max(timestamp) as latest from ({_union(_ALL, "timestamp")})
        group by table_name order by latest desc""",
    "live.requests": f"""
        select timestamp - timestamp % 10000000 as second, "cloud_RoleInstance", {_WEIGHED}
        from {{requests}} group by all order by 1, 2""",
    "live.dependencies": f"""
        select timestamp - timestamp % 10000000 as second, "cloud_RoleInstance", {_WEIGHED}
        from {{dependencies}} group by all order by 1, 2""",
    "live.counters": """
        select name, counter, category, "cloud_RoleName", "cloud_RoleInstance", max(timestamp),
            arg_max(value, timestamp)
        from {performanceCounters}
        where counter in ('% Processor Time', 'Available Bytes', 'Private Bytes', '# of Exceps Thrown / sec')
            or name in ('processCpuPercentage', 'processorCpuPercentage', 'processPrivateBytes',
                'availableMemory', 'exceptionRate')
        group by all""",
    "map.nodes": f"""
        with seen as (
            select "cloud_RoleName" as role, sum("itemCount") as items,
                count(distinct "cloud_RoleInstance") as instances, any_value("appId") as app
            from ({_union(_ALL, '"cloud_RoleName", "cloud_RoleInstance", "itemCount", "appId"')})
            group by role),
        called as (
            select "cloud_RoleName" as role, count(*) as calls, {_FAILED} as failed,
                avg(duration) as avg_ms, quantile_disc(duration, 0.95) as p95
            from {_items("{requests}", '"cloud_RoleName"')} group by role)
        select role, '', items, coalesce(calls, 0), coalesce(failed, 0), avg_ms, p95, instances, app
        from seen left join called using (role) order by items desc limit 500""",
    "map.edges": """
        with edges as (
            select d."cloud_RoleName" as caller, d.type, d.duration, d.success, d."itemCount",
                r."cloud_RoleName" is not null and r."cloud_RoleName" <> '' as is_component,
                case when r."cloud_RoleName" <> '' then r."cloud_RoleName" else d.type || '|' || d.target end
                    as node
            from (select * from {dependencies} where not type ilike 'inproc%') d
            left join {requests:5} r
                on r."operation_Id" = d."operation_Id" and r."operation_ParentId" = d.id)
        select caller, '', node, '', is_component, type, count(*) as calls,
            count(*) filter (success = 'False'), avg(duration), quantile_disc(duration, 0.95), 1.0
        from (select *, unnest(range("itemCount")) from edges) group by all order by calls desc limit 500""",
    "map.entry": f"""
        select "cloud_RoleName", '', count(*), {_FAILED}, avg(duration), quantile_disc(duration, 0.95), 1.0
        from (select r.*, unnest(range(r."itemCount")) from {{requests}} r anti join {{dependencies:5}} d
            on d."operation_Id" = r."operation_Id" and d.id = r."operation_ParentId")
        group by 1""",
    "performance.timeline": f"""
        select {_BUCKET} as bucket, count(*), avg(duration), quantile_disc(duration, 0.5),
            quantile_disc(duration, 0.95), quantile_disc(duration, 0.99)
        from {_items("{requests}", "timestamp")} group by bucket order by bucket""",
    "performance.operations": f"""
        select name, count(*), {_FAILED}, avg(duration), quantile_disc(duration, 0.95),
            sum(duration) as total_ms
        from {_items("{requests}", "name")} group by name order by total_ms desc limit 200""",
    "performance.dependencies": f"""
        select type, target, name, count(*), {_FAILED}, avg(duration), quantile_disc(duration, 0.95),
            sum(duration) as total_ms
        from {_items("{dependencies}", "type", "target", "name")} group by all
        order by total_ms desc limit 200""",
    "performance.roles": f"""
        select "cloud_RoleName", "cloud_RoleInstance", count(*), {_FAILED}, avg(duration),
            quantile_disc(duration, 0.95), sum(duration) as total_ms
        from {_items("{requests}", '"cloud_RoleName"', '"cloud_RoleInstance"')} group by all
        order by total_ms desc limit 200""",
    "performance.distribution": """
        select floor(log10(greatest(duration, 0.1)) / 0.05) * 0.05 as log_ms, sum("itemCount"),
            coalesce(sum("itemCount") filter (success = 'False'), 0)
        from {requests} group by 1 order by 1""",
    "performance.heatmap": f"""
        select {_BUCKET} as bucket, floor(log10(greatest(duration, 0.1)) / 0.1) * 0.1 as log_ms,
            sum("itemCount")
        from {{requests}} group by all order by 1, 2""",
    "performance.differs": """
        with picked as (
            select duration between {lo} and {hi} as picked, "itemCount", "customDimensions",
                "cloud_RoleInstance", "application_Version", "resultCode", "client_CountryOrRegion",
                "client_Browser"
            from {requests}),
        sizes as (
            select sum("itemCount") filter (picked) as inside,
                sum("itemCount") filter (not picked) as outside,
                count(*) filter (picked) as stored_inside,
                count(*) filter (not picked) as stored_outside from picked),
        pairs as (
            select picked, "itemCount", unnest(map_entries(json_extract("customDimensions", '$')
                ::map(varchar, varchar))) as pair from picked where "customDimensions" is not null
            union all
            select picked, "itemCount", unnest([
                struct_pack(key := 'cloud_RoleInstance', value := "cloud_RoleInstance"),
                struct_pack(key := 'application_Version', value := "application_Version"),
                struct_pack(key := 'resultCode', value := "resultCode"),
                struct_pack(key := 'client_CountryOrRegion', value := "client_CountryOrRegion"),
                struct_pack(key := 'client_Browser', value := "client_Browser")]) from picked),
        counted as (
            select pair.key as key, pair.value as value,
                coalesce(sum("itemCount") filter (picked), 0) as a,
                coalesce(sum("itemCount") filter (not picked), 0) as b
            from pairs where pair.value <> '' and length(pair.value) < 200
            group by 1, 2 having a >= 5)
        select key, value, a, b, a / inside as in_selection, coalesce(b / outside, 0) as in_rest,
            in_selection - in_rest as score, inside, outside, stored_inside, stored_outside, 1
        from counted, sizes order by score desc limit 12""",
    "performance.versions": f"""
        select "cloud_RoleName", "application_Version", count(*), {_FAILED}, avg(duration),
            avg(duration * duration), quantile_disc(duration, 0.95), count(*) filter (copy = 0),
            min(timestamp) as first_seen
        from {_items("{requests}", '"cloud_RoleName"', '"application_Version"', "timestamp")}
        where "application_Version" <> '' group by 1, 2 order by 1, first_seen, 2 limit 200""",
    "performance.top_dependencies": """
        select type, target, name, sum("itemCount"), sum(duration * "itemCount") as total_ms,
            sum(duration * "itemCount") / sum("itemCount")
        from {dependencies} group by all order by total_ms desc limit 3""",
    "performance.samples": """
        select timestamp, name, duration, "resultCode", success, "cloud_RoleName", "operation_Id", id,
            "itemCount"
        from {requests} where duration between {lo} and {hi} order by timestamp desc limit 200""",
    "failures.timeline": f"""
        select {_BUCKET} as bucket, coalesce(sum("itemCount") filter (success = 'False'), 0),
            sum("itemCount")
        from {{requests}} group by bucket order by bucket""",
    "failures.operations": """
        select name, sum("itemCount") filter (success = 'False') as failed, sum("itemCount") as total,
            count(distinct nullif("user_Id", '')) filter (success = 'False'),
            max(timestamp) filter (success = 'False'), 100.0 * failed / total
        from {requests} group by name having failed > 0 order by failed desc limit 200""",
    "failures.codes": """
        select "resultCode", sum("itemCount") as n from {requests} where success = 'False'
        group by 1 order by n desc limit 3""",
    "failures.exceptions": """
        select "problemId", type, sum("itemCount") as n, min(timestamp), max(timestamp),
            count(distinct nullif("user_Id", '')), count(distinct "operation_Name"), first("outerMessage"),
            first("innermostMessage"), first(method)
        from {exceptions} group by 1, 2 order by n desc limit 100""",
    "failures.dependencies": """
        select type, target, name, "resultCode", sum("itemCount") as n, max(timestamp)
        from {dependencies} where success = 'False' group by 1, 2, 3, 4 order by n desc limit 100""",
    "failures.samples": """
        select timestamp, name, duration, "resultCode", "cloud_RoleName", "operation_Id", id
        from {requests} where success = 'False' order by timestamp desc limit 200""",
    "performance.dependency_timeline": f"""
        select {_BUCKET} as bucket, count(*), avg(duration), quantile_disc(duration, 0.5),
            quantile_disc(duration, 0.95), quantile_disc(duration, 0.99)
        from {_items("{dependencies}", "timestamp")} group by bucket order by bucket""",
    "performance.dependency_distribution": """
        select floor(log10(greatest(duration, 0.1)) / 0.05) * 0.05 as log_ms, sum("itemCount"),
            coalesce(sum("itemCount") filter (success = 'False'), 0)
        from {dependencies} group by 1 order by 1""",
    "performance.dependency_samples": """
        select timestamp, name, duration, "resultCode", success, "cloud_RoleName", "operation_Id", id,
            "itemCount", type, target, "itemId"
        from {dependencies} where duration between {lo} and {hi}
        order by timestamp desc, "itemId" desc limit 200""",
    "performance.pages": """
        select name, sum("itemCount"), 0, sum(duration * "itemCount") / sum("itemCount"),
            quantile_disc(duration, 0.95), sum(duration * "itemCount") as total_ms
        from {pageViews} group by name order by total_ms desc, name limit 200""",
    "performance.page_timeline": f"""
        select {_BUCKET} as bucket, count(*), avg(duration), quantile_disc(duration, 0.5),
            quantile_disc(duration, 0.95), quantile_disc(duration, 0.99)
        from {{pageViews}} group by bucket order by bucket""",
    "performance.page_distribution": """
        select floor(log10(greatest(duration, 0.1)) / 0.05) * 0.05 as log_ms, sum("itemCount"), 0
        from {pageViews} group by 1 order by 1""",
    "performance.page_samples": """
        select timestamp, name, duration, "cloud_RoleName", "operation_Id", id, "itemCount",
            "client_Browser", "client_CountryOrRegion", "itemId"
        from {pageViews} where duration between {lo} and {hi}
        order by timestamp desc, "itemId" desc limit 200""",
    "performance.exceptions": """
        select type, "problemId", sum("itemCount") as n
        from {exceptions} group by 1, 2 order by n desc, "problemId", type limit 3""",
    "failures.roles": """
        select "cloud_RoleName", "cloud_RoleInstance",
            sum("itemCount") filter (success = 'False') as failed, sum("itemCount") as total,
            max(timestamp) filter (success = 'False'), 100.0 * failed / total
        from {requests} group by 1, 2 having failed > 0 order by failed desc, 1, 2 limit 200""",
    "failures.dependency_timeline": f"""
        select {_BUCKET} as bucket, coalesce(sum("itemCount") filter (success = 'False'), 0),
            sum("itemCount")
        from {{dependencies}} group by bucket order by bucket""",
    "failures.dependency_samples": """
        select timestamp, name, duration, "resultCode", "cloud_RoleName", "operation_Id", id, type,
            target, "itemId"
        from {dependencies} where success = 'False' order by timestamp desc, "itemId" desc limit 200""",
    "failures.exception_timeline": f"""
        select {_BUCKET} as bucket, sum("itemCount") as failed, sum("itemCount")
        from {{exceptions}} group by bucket order by bucket""",
    "failures.exception_samples": """
        select timestamp, type as name, "outerMessage", "cloud_RoleName", "operation_Name",
            "operation_Id", "itemId", "application_Version"
        from {exceptions} order by timestamp desc, "itemId" desc limit 200""",
    "search.items": f"""
        select timestamp, table_name, * exclude (timestamp, table_name) from ({_each_row(_SEARCHED, _SEARCH_COLUMNS)})
        order by timestamp desc limit 200""",
    "search.histogram": f"""
        select {_BUCKET} as bucket, table_name, count(*) from ({_union(_SEARCHED, "timestamp")})
        group by all order by 1, 2""",
    "search.columns": f"""
        select "itemType", "cloud_RoleName", "operation_Name", "resultCode", "severityLevel",
            count(*) as n
        from ({_each_row(_SEARCHED, ("itemType", "cloud_RoleName", "operation_Name", "resultCode", "severityLevel"))})
        group by all order by n desc, 1, 2, 3, 4, 5 limit 5000""",
    "search.facets": f"""
        with pairs as (
            select unnest(map_entries(json_extract("customDimensions", '$')::map(varchar, varchar))) as pair
            from ({_union(_SEARCHED[:-1], '"customDimensions"')}) where "customDimensions" is not null),
        counted as (select pair.key as key, pair.value as value, count(*) as n from pairs group by 1, 2),
        ranked as (
            select key, value, n, row_number() over (partition by key order by n desc, value) as place
            from counted)
        select *, 1 from ranked where place <= 8 order by key, n desc, value limit 400""",
    "logs.active": f"""
        select table_name, count(*) as stored from ({_union(_ALL, "timestamp")}) group by 1
        order by 2 desc, 1""",
    "tx.items": f"""
        select timestamp, table_name, * exclude (timestamp, table_name) from (
            {_each_row((*_SEARCHED, "browserTimings"), _TX_COLUMNS, ' where "operation_Id" = {opId}')})
        order by timestamp limit 10000""",
    "tx.times": f"""
        select count(*), min(timestamp), max(timestamp) from (
            {_union((*_SEARCHED, "browserTimings"), 'timestamp, "operation_Id"')})
        where "operation_Id" = {{opId}}""",
    "tx.similar": f"""
        select count(*), quantile_disc(duration, 0.5), quantile_disc(duration, 0.95)
        from {_items("{requests}", "name")} where name = {{op}}""",
    "metrics.names": """
        select name, sum("valueCount") as samples, max(timestamp), 'custom' as namespace
        from {customMetrics} group by name
        union all
        select name, count(*), max(timestamp), 'performanceCounters' from {performanceCounters}
        group by name order by namespace, name""",
    "metrics.requests": _durations("{requests}", f"{_FAILED}, "),
    "metrics.dependencies": _durations("{dependencies}", f"{_FAILED}, "),
    "metrics.pages": f"""
        select {_BUCKET} as bucket, '' as series, count(*), sum(duration), min(duration),
            max(duration), quantile_disc(duration, 0.95)
        from (select timestamp, duration, unnest(range("itemCount")) from {{pageViews}})
        group by 1 order by 1""",
    "metrics.availability": _durations(
        "{availabilityResults}", "count(*) filter (success in ('1', 'True', 'true')), "),
    "metrics.browser": f"""
        select {_BUCKET} as bucket, '' as series, count(*), sum("totalDuration"),
            min("totalDuration"), max("totalDuration"), quantile_disc("totalDuration", 0.95)
        from (select timestamp, "totalDuration", unnest(range("itemCount")) from {{browserTimings}})
        where "totalDuration" is not null group by 1 order by 1""",
    "metrics.exceptions": f"""
        select {_BUCKET} as bucket, '' as series, sum("itemCount"),
            coalesce(sum("itemCount") filter ("client_Type" = 'Browser'), 0),
            coalesce(sum("itemCount") filter ("client_Type" != 'Browser'), 0)
        from {{exceptions}} group by 1 order by 1""",
    "metrics.traces": f"""
        select {_BUCKET} as bucket, '' as series, sum("itemCount") from {{traces}} group by 1 order by 1""",
    "metrics.events": f"""
        select {_BUCKET} as bucket, '' as series, sum("itemCount")
        from {{customEvents}} group by 1 order by 1""",
    "metrics.items": f"""
        select {_BUCKET} as bucket, '' as series, sum("itemCount"), count(*)
        from ({_union(_ALL, 'timestamp, "itemCount"')}) group by 1 order by 1""",
    "metrics.usage": f"""
        select {_BUCKET} as bucket, '' as series,
            count(distinct "user_Id") filter ("user_Id" != ''),
            count(distinct "user_AuthenticatedId") filter ("user_AuthenticatedId" != ''),
            count(distinct "session_Id") filter ("session_Id" != '')
        from ({_union(("requests", "exceptions", "customEvents", "pageViews"),
            'timestamp, "user_Id", "user_AuthenticatedId", "session_Id"')})
        group by 1 order by 1""",
    "metrics.custom": f"""
        select {_BUCKET} as bucket, coalesce(json_extract_string("customDimensions", '$.queue'), '')
                as series,
            sum("valueSum") as total, sum("valueCount"), min("valueMin"), max("valueMax"),
            sum("valueSum") / sum("valueCount")
        from {{customMetrics}} where name = {{metric}} group by 1, 2 order by 1, 2""",
    "metrics.counters": f"""
        select {_BUCKET} as bucket, '' as series, avg(value), min(value), max(value),
            quantile_disc(value, 0.95), count(*)
        from {{performanceCounters}} where name = {{counter}} group by 1 order by 1""",
    "metrics.dimensions": """
        select key, count(distinct value) as n from (
            select pair.key as key, pair.value as value from (
                select unnest(map_entries(json_extract("customDimensions", '$')::map(varchar, varchar)))
                    as pair
                from {customMetrics} where name = {metric} and "customDimensions" is not null))
        group by key having n between 2 and 200 order by key""",
    "availability.tests": """
        select name, location, count(*) as runs,
            count(*) filter (success in ('1', 'True', 'true')) as passed, avg(duration),
            max(timestamp), arg_max(success, timestamp), arg_max(message, timestamp),
            100.0 * passed / runs
        from {availabilityResults} group by 1, 2 order by 1, 2""",
    "availability.timeline": f"""
        select {_BUCKET} as bucket, count(*) filter (success in ('1', 'True', 'true')) as passed,
            count(*) as runs, 100.0 * passed / runs
        from {{availabilityResults}} group by 1 order by 1""",
    "availability.scatter": """
        select timestamp, duration, success, location, name, message, id, "operation_Id", "itemId"
        from {availabilityResults} order by timestamp desc limit 3000""",
    "settings.usage": f"""
        select table_name, timestamp - timestamp % 864000000000 as day, count(*), sum("itemCount"),
            max(timestamp)
        from ({_union(_ALL, 'timestamp, "itemCount"')}) group by 1, 2 order by 2, 1""",
    "settings.senders": f"""
        select "cloud_RoleName", "sdkVersion", sum("itemCount"), max(timestamp) as latest
        from ({_union(("requests", "dependencies", "exceptions", "traces", "customEvents"),
            'timestamp, "cloud_RoleName", "sdkVersion", "itemCount"')})
        group by 1, 2 order by latest desc""",
    "start.first": f"""
        select table_name, "cloud_RoleName", count(*), max(timestamp) as latest
        from ({_union(_ALL[:7], 'timestamp, "cloud_RoleName"')}) group by 1, 2 order by latest desc""",
}  # fmt: skip
"""By the tile's name."""
