"""The SQL that makes telemetry out of the facts of a shop, a span of time at once.

Every draw is a hash of the row's number, so that rows do not depend on threads or on chunks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from generate_shop import HOT_KEYS, RARE_KEYS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SPANS = "create temp table spans (first bigint, count bigint, low bigint, high bigint)"
STEPS = """create temp table steps (route int, step int, parent int, role int, name varchar,
 url varchar, base_ms double, low double, own double, high double)"""
CALLS = """create temp table calls (route int, step int, call int, kind varchar, target varchar,
 name varchar, data varchar, base_ms double, callee int)"""
ROLES = """create temp table roles (role int, name varchar, instances int, versions varchar[],
 item_count int)"""
LINES = "create temp table lines (line int, upto double, severity int, text varchar)"
PROBLEMS = "create temp table problems (problem int, type varchar, method varchar, text varchar)"

_BANDS = """case when {0} < 250 then '<250ms' when {0} < 500 then '250ms-500ms'
 when {0} < 1000 then '500ms-1sec' when {0} < 3000 then '1sec-3sec' when {0} < 7000 then '3sec-7sec'
 when {0} < 15000 then '7sec-15sec' when {0} < 30000 then '15sec-30sec' else '30sec-1min' end"""
_SHARED = (
    "operation_Name", "operation_Id", "operation_ParentId", "operation_SyntheticSource",
    "session_Id", "user_Id", "application_Version", "client_Type", "client_OS", "client_IP",
    "client_City", "client_CountryOrRegion", "client_Browser", "cloud_RoleName",
    "cloud_RoleInstance", "appId", "appName", "iKey", "sdkVersion", "itemId", "itemCount",
    "_ResourceId",
)  # fmt: skip


def macros(resource: object, local_share: float) -> Iterator[str]:
    """Return the statements that define what the others use."""
    yield "create macro u(key, salt) as (hash(key * 64 + salt) >> 11)::double / 9007199254740992.0"
    yield """create macro normal(key, salt) as
        sqrt(-2 * ln(1 - u(key, salt))) * cos(2 * pi() * u(key, salt + 1))"""
    yield "create macro zipf(draw, n) as floor(exp(draw * ln(n + 1)))::int - 1"
    yield "create macro span_id(key) as left(md5(key::varchar), 16)"
    # what ends in a tail: one in a hundred takes six times as long, one in a thousand forty times
    yield """create macro spread(key, salt, sigma) as exp(sigma * normal(key, salt))
        * case when u(key, salt + 2) < 0.001 then 40 when u(key, salt + 2) < 0.01 then 6 else 1 end"""
    yield f"create macro band(ms) as {_BANDS.format('ms')}"
    yield """create macro item_id(key) as 'a7d3c2e4-5b1f-4c8e-9d20-'
        || lpad(to_hex(key & 281474976710655), 12, '0')"""
    yield f"create macro local_share() as {local_share}"
    for name in ("app_id", "name", "instrumentation_key", "resource_id"):
        yield f"create macro own_{name}() as '{getattr(resource, name)}'"
    yield f"create macro dimensions(key, hot, rare) as {_dimensions()}"


def _dimensions() -> str:
    """JSON of the first `hot` hot keys, nearly always there, and of `rare` others."""
    parts = []
    for place, (name, values) in enumerate(HOT_KEYS):
        value = f"zipf(u(key, {20 + place}), {values})"
        there = "true" if place == 0 else f"u(key, {20 + place}) < 0.97"
        comma = "" if place == 0 else ","
        text = f"'{comma}\"{name}\":\"{name[0]}' || {value} || '\"'"
        parts.append(f"case when {place} < hot and {there} then {text} else '' end")
    third = RARE_KEYS // 3
    for place in range(3):
        key = f"zipf(u(key, {40 + place}), {third}) + {place * third}"
        text = f"',\"attribute.' || ({key}) || '\":\"v' || floor(u(key, {50 + place}) * 20)::int || '\"'"
        parts.append(f"case when {place} < rare then {text} else '' end")
    return "'{' || " + " || ".join(parts) + " || '}'"


def work(values: Mapping[str, int]) -> Iterator[str]:
    """Return the statements that work out the operations and requests of the table `spans`."""
    yield f"""create or replace temp table operations as
    with numbered as (
        select s.first + i as key, s.low + ((s.high - s.low)
            * ((i + u(s.first + i, 0)) / s.count))::bigint as moment
        from (select *, unnest(range(count)) as i from spans) s),
    drawn as (
        select key, moment, zipf(u(key, 1), {values["routes"]}) as route, u(key, 2) as person,
            floor(pow(u(key, 3), 2) * {values["users"]})::bigint as user_number,
            exp(0.35 * normal(key, 4)) as pace,
            -- payments break for forty minutes every day: failures come ten times as often
            u(key, 6) / case when (moment // 36000000000) % 24 = 14 and (moment // 600000000) % 60 < 40
                then 10 else 1 end as luck,
            (moment - {values["from"]}) / ({values["until"]} - {values["from"]})::double as progress
        from numbered)
    select *, md5('o' || key) as operation_id,
        case when person < 0.7 then 'user' || user_number else '' end as user_id,
        case when person < 0.7 then left(md5('s' || user_number || '/' || moment // 18000000000), 12)
            else '' end as session_id,
        case when person > 0.98 then 'Application Insights Availability Monitoring' else '' end
            as synthetic,
        ['Berlin', 'Seattle', 'Pune', 'Amsterdam', 'Lagos', 'Lima'][(user_number % 6)::int + 1] as city,
        ['Germany', 'United States', 'India', 'Netherlands', 'Nigeria', 'Peru']
            [(user_number % 6)::int + 1] as country,
        ['Firefox 128', 'Chrome 141', 'Safari 19', 'Edge 141'][(user_number % 4)::int + 1] as browser
    from drawn"""
    yield f"""create or replace temp table work as
    select o.*, o.key * 16 + s.step as request_key, s.step, s.parent, s.role, s.name as request_name,
        s.url, s.base_ms, o.luck >= s.low and o.luck < s.high as failed,
        o.luck >= s.low and o.luck < s.own as broke,
        f.name as operation_name, r.name as role_name, r.item_count,
        r.name || '-' || floor(u(o.key * 16 + s.step, 7) * r.instances)::int as instance,
        r.versions[case when o.progress + 0.1 * u(o.key, 8) < 0.4 then 1
            when o.progress + 0.1 * u(o.key, 8) < 0.75 then 2 else 3 end] as version,
        least({values["last"]}, o.moment + (s.step * 40000 * o.pace)::bigint) as request_at,
        s.base_ms * o.pace * spread(o.key * 16 + s.step, 9, 0.45) as ms,
        case when s.step = 0 then '' else span_id((o.key * 16 + s.step) * 2 + 1) end as caller_id,
        span_id((o.key * 16 + s.step) * 2) as request_id
    from operations o join steps s on s.route = o.route
        join steps f on f.route = o.route and f.step = 0
        join roles r on r.role = s.role"""


def inserts(alias: str, values: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    """Return (table, statement) of each table's rows of a span."""
    own = """own_app_id() as "appId", own_name() as "appName", own_instrumentation_key() as "iKey",
        own_resource_id() as "_ResourceId", '0.0.0.0' as "client_IP" """
    by_request = f"""operation_name as "operation_Name", operation_id as "operation_Id",
        synthetic as "operation_SyntheticSource", session_id as "session_Id", user_id as "user_Id",
        version as "application_Version", 'PC' as "client_Type", 'Linux' as "client_OS",
        city as "client_City", country as "client_CountryOrRegion",
        role_name as "cloud_RoleName", instance as "cloud_RoleInstance",
        'py3.11:oc0.11:ext1.1' as "sdkVersion", item_count as "itemCount", {own}"""
    yield _insert(
        alias, "requests",
        ("timestamp", "id", "source", "name", "url", "success", "resultCode", "duration",
         "performanceBucket", "customDimensions", "customMeasurements"),
        f"""select request_at as timestamp, request_id as id,
            case when step = 0 then '' else 'shop' end as source, request_name as name, url,
            case when failed then 'False' else 'True' end as success,
            case when not failed then case when u(request_key, 12) < 0.9 then '200'
                    when u(request_key, 12) < 0.97 then '201' else '304' end
                when not broke then '502'
                when u(request_key, 12) < 0.45 then '500' when u(request_key, 12) < 0.7 then '404'
                when u(request_key, 12) < 0.85 then '503' when u(request_key, 12) < 0.95 then '429'
                else '400' end as "resultCode",
            ms as duration, band(ms) as "performanceBucket",
            dimensions(request_key, 12, 3) as "customDimensions",
            case when u(request_key, 13) < 0.1
                then '{{"responseBytes":' || (exp(9 + normal(request_key, 14)))::int || '}}' end
                as "customMeasurements",
            caller_id as "operation_ParentId",
            case when step = 0 and user_id <> '' then browser else '' end as "client_Browser",
            item_id(request_key) as "itemId", {by_request}
        from work""",
    )  # fmt: skip
    yield _insert(
        alias, "dependencies",
        ("timestamp", "id", "target", "type", "name", "data", "success", "resultCode", "duration",
         "performanceBucket", "customDimensions"),
        f"""with made as (
            select w.*, w.request_key * 16 + c.call as call_key, c.callee, c.kind, c.target,
                c.name as call_name, c.data, c.base_ms as call_ms,
                case when c.callee >= 0 then w.luck >= t.low and w.luck < t.high
                    else (w.broke and c.call = 0) or u(w.request_key * 16 + c.call, 15) < 0.002 end
                    as call_failed
            from work w join calls c on c.route = w.route and c.step = w.step
                left join steps t on t.route = c.route and t.step = c.callee
            where c.callee >= 0 or u(w.request_key * 16 + c.call, 16) < local_share()),
        timed as (
            select *, call_ms * pace * spread(call_key, 17, 0.5) as spent from made)
        select least({values["last"]}, request_at + call_key % 16 * 20000) as timestamp,
            case when callee >= 0 then span_id((key * 16 + callee) * 2 + 1)
                else span_id(-call_key) end as id,
            target, kind as type, call_name as name,
            case when kind in ('HTTP', 'Azure blob') then data || '/' || floor(u(call_key, 3) * 5000)::int
                else data end as data,
            case when call_failed then 'False' else 'True' end as success,
            case when kind in ('SQL', 'InProc', 'Redis') then case when call_failed then '-2' else '0' end
                when not call_failed then '200' when callee >= 0 then '502'
                when u(call_key, 4) < 0.6 then '500' else '429' end as "resultCode",
            spent as duration, band(spent) as "performanceBucket",
            dimensions(call_key, 6, 2) as "customDimensions",
            request_id as "operation_ParentId", '' as "client_Browser",
            item_id(call_key) as "itemId", {by_request}
        from timed""",
    )  # fmt: skip
    yield _insert(
        alias, "traces",
        ("timestamp", "message", "severityLevel", "customDimensions"),
        f"""with made as (
            select w.*, w.request_key * 8 + n.i as line_key
            from work w, (select unnest([0, 1, 2, 3]) as i) n
            where n.i < floor(u(w.request_key, 18) * 3) or (n.i = 3 and w.broke)),
        said as (
            select m.*, case when m.line_key % 8 = 3 then 3 else l.severity end as severity,
                case when m.line_key % 8 = 3 then 'Request failed: ' || m.request_name
                    || ' after {{ms}} ms, order {{n}}' else l.text end as text
            from made m join lines l on u(m.line_key, 19) < l.upto
                and u(m.line_key, 19) >= l.upto - coalesce(
                    (select l.upto - max(p.upto) from lines p where p.upto < l.upto), l.upto))
        select least({values["last"]}, request_at + line_key % 8 * 10000) as timestamp,
            replace(replace(replace(replace(text, '{{n}}', floor(u(line_key, 2) * 100000)::int::varchar),
                '{{t}}', zipf(u(request_key, 20), 400)::varchar), '{{ms}}', round(ms)::int::varchar),
                '{{op}}', operation_name) as message,
            severity as "severityLevel", dimensions(line_key, 8, 1) as "customDimensions",
            request_id as "operation_ParentId", '' as "client_Browser",
            item_id(line_key) as "itemId", {by_request}
        from said""",
    )  # fmt: skip
    yield _insert(
        alias, "exceptions",
        ("timestamp", "problemId", "type", "message", "method", "assembly", "outerType",
         "outerMessage", "outerMethod", "outerAssembly", "innermostType", "innermostMessage",
         "innermostMethod", "innermostAssembly", "severityLevel", "details", "customDimensions"),
        f"""with made as (
            select w.*, p.type, role_name || '.' || p.method as method,
                replace(replace(replace(p.text, '{{n}}', floor(u(request_key, 32) * 900)::int::varchar),
                    '{{ms}}', (1000 + floor(u(request_key, 33) * 9) * 1000)::int::varchar),
                    '{{role}}', role_name) as message
            from work w join problems p on p.problem = zipf(u(request_key, 34),
                (select count(*) from problems))
            where w.broke and u(request_key, 35) < 0.8)
        select least({values["last"]}, request_at + (ms * 9000)::bigint) as timestamp,
            type || ' at ' || method as "problemId", type, message, method, role_name as assembly,
            type as "outerType", message as "outerMessage", method as "outerMethod",
            role_name as "outerAssembly", type as "innermostType", message as "innermostMessage",
            method as "innermostMethod", role_name as "innermostAssembly", 3 as "severityLevel",
            '[{{"id":"1","outerId":"0","type":"' || type || '","message":"' || message
                || '","severityLevel":"Error","parsedStack":[{{"level":0,"method":"' || method
                || '","assembly":"' || role_name || '","fileName":"app.py","line":'
                || (10 + floor(u(request_key, 36) * 3)::int) || '}}]}}]' as details,
            dimensions(request_key, 12, 3) as "customDimensions",
            request_id as "operation_ParentId", '' as "client_Browser",
            item_id(request_key) as "itemId", {by_request}
        from made""",
    )  # fmt: skip
    by_page = by_request.replace("role_name as", "'' as").replace("instance as", "'' as")
    by_page = by_page.replace("'PC'", "'Browser'").replace("py3.11:oc0.11:ext1.1", "javascript:3.3")
    by_page = by_page.replace("item_count as", "1 as")
    yield _insert(
        alias, "pageViews",
        ("timestamp", "id", "name", "url", "duration", "performanceBucket", "customDimensions"),
        f"""select request_at as timestamp, span_id(-request_key) as id, request_name as name, url,
            ms * 3 as duration, band(ms * 3) as "performanceBucket",
            dimensions(request_key, 6, 1) as "customDimensions", request_id as "operation_ParentId",
            browser as "client_Browser", item_id(request_key) as "itemId", {by_page}
        from work where step = 0 and user_id <> '' and u(key, 37) < 0.15""",
    )  # fmt: skip
    yield _insert(
        alias, "browserTimings",
        ("timestamp", "name", "url", "networkDuration", "sendDuration", "receiveDuration",
         "processingDuration", "totalDuration", "performanceBucket", "customDimensions"),
        f"""select request_at as timestamp, request_name as name, url, 40.0 as "networkDuration",
            ms as "sendDuration", ms * 0.5 as "receiveDuration", ms * 1.5 as "processingDuration",
            ms * 3 + 40 as "totalDuration", band(ms * 3 + 40) as "performanceBucket",
            dimensions(request_key, 6, 1) as "customDimensions", request_id as "operation_ParentId",
            browser as "client_Browser", item_id(request_key) as "itemId", {by_page}
        from work where step = 0 and user_id <> '' and u(key, 37) < 0.15""",
    )  # fmt: skip
    yield _insert(
        alias, "customEvents",
        ("timestamp", "name", "customDimensions", "customMeasurements"),
        f"""select request_at as timestamp,
            ['signed in', 'added to cart', 'checked out', 'searched', 'left'][zipf(u(key, 38), 5) + 1]
                as name, dimensions(request_key, 10, 2) as "customDimensions",
            '{{"basket":' || round(exp(3 + normal(key, 39)), 2) || '}}' as "customMeasurements",
            request_id as "operation_ParentId", browser as "client_Browser",
            item_id(request_key) as "itemId", {by_request}
        from work where step = 0 and user_id <> '' and u(key, 41) < 0.12""",
    )  # fmt: skip
    yield from _regular(alias, values, own)


def _regular(alias: str, values: Mapping[str, int], own: str) -> Iterator[tuple[str, str]]:
    """What comes at regular times: metrics and counters, and a fifth as often probes."""
    by_instance = f"""'' as "operation_Name", '' as "operation_Id", '' as "operation_ParentId",
        '' as "operation_SyntheticSource", '' as "session_Id", '' as "user_Id",
        r.versions[3] as "application_Version", 'PC' as "client_Type", 'Linux' as "client_OS",
        '' as "client_City", '' as "client_CountryOrRegion", '' as "client_Browser",
        r.name as "cloud_RoleName", r.name || '-' || i.instance as "cloud_RoleInstance",
        'py3.11:oc0.11:ext1.1' as "sdkVersion", 1 as "itemCount", {own}"""

    def ticks(step: int) -> str:
        first = f"({values['low']} + {step - 1}) // {step} * {step}"
        return f"(select unnest(range({first}, {values['high']}, {step})) as moment) t"

    minutes, fives = ticks(values["every"]), ticks(5 * values["every"])
    instances = f"""{minutes}, roles r, lateral (select unnest(range(r.instances)) as instance) i"""
    key = "((t.moment // 600000000) * 4096 + r.role * 256 + i.instance * 16 + m.number)"
    yield _insert(
        alias, "performanceCounters",
        ("timestamp", "name", "category", "counter", "instance", "value"),
        f"""with m(number, name, category, counter, instance, low, width) as (values
            (0, '\\Processor(_Total)\\% Processor Time', 'Processor', '% Processor Time', '_Total', 5, 60),
            (1, '\\Memory\\Available Bytes', 'Memory', 'Available Bytes', '', 2e9, 2e9),
            (2, '\\Process(??APP_WIN32_PROC??)\\Private Bytes', 'Process', 'Private Bytes',
                '??APP_WIN32_PROC??', 1e8, 2e8))
        select t.moment as timestamp, m.name, m.category, m.counter, m.instance,
            m.low + m.width * u({key}, 42) as value, item_id({key}) as "itemId", {by_instance}
        from {instances}, m""",
    )  # fmt: skip
    yield _insert(
        alias, "customMetrics",
        ("timestamp", "name", "value", "valueCount", "valueSum", "valueMin", "valueMax",
         "valueStdDev", "customDimensions"),
        f"""with m(number, name) as (values (8, 'queue length'), (9, 'orders placed')),
        made as (select t.moment as timestamp, m.name, exp(2 + normal({key}, 43)) as value,
            1 + floor(u({key}, 45) * 60)::int as "valueCount",
            '{{"queue":"q' || zipf(u({key}, 46), 8) || '","region":"r' || zipf(u({key}, 47), 6) || '"}}'
                as "customDimensions", item_id({key}) as "itemId", {by_instance}
            from {instances}, m)
        select * replace (value * "valueCount" as value), value * "valueCount" as "valueSum",
            value * 0.5 as "valueMin", value * 1.7 as "valueMax", value * 0.2 as "valueStdDev"
        from made""",
    )  # fmt: skip
    probe = "((t.moment // 600000000) * 64 + p.number * 8 + l.place)"
    yield _insert(
        alias, "availabilityResults",
        ("timestamp", "id", "name", "location", "success", "message", "size", "duration",
         "performanceBucket"),
        f"""with p(number, name) as (values (0, 'home page'), (1, 'checkout')),
        l(place, location) as (values (0, 'West Europe'), (1, 'East US'), (2, 'Southeast Asia'))
        select t.moment as timestamp, span_id({probe}) as id, p.name, l.location,
            case when u({probe}, 48) < 0.985 then '1' else '0' end as success,
            case when u({probe}, 48) < 0.985 then 'Passed' else 'Timed out' end as message,
            1024.0 as size, 120 * spread({probe}, 49, 0.4) as duration,
            band(120 * spread({probe}, 49, 0.4)) as "performanceBucket",
            item_id({probe}) as "itemId", {by_instance}
        from {fives}, p, l, (select * from roles where role = 0) r, (select 0 as instance) i""",
    )  # fmt: skip


def _insert(alias: str, table: str, columns: tuple[str, ...], select: str) -> tuple[str, str]:
    names = ", ".join(f'"{name}"' for name in (*columns, *_SHARED))
    text = f'insert into {alias}."{table}" ({names}) select {names} from ({select})'
    return table, text
