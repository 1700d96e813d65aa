WITH q1 AS MATERIALIZED (SELECT "id" AS "id", "tags" AS "tags", "note" AS "note", row_number() OVER () AS "row" FROM (VALUES (CAST(1 AS BIGINT), '["b","a"]', 'n'), (CAST(2 AS BIGINT), '[3]', 'm')) AS v("id", "tags", "note")),
q2 AS (SELECT "id" AS "id:1", "row" AS "row:1" FROM q1),
q3 AS (SELECT "tags" AS "tags:1", "note" AS "note:1", "row" AS "row:2" FROM q1),
q4 AS (SELECT "note:1", "row:2", CASE json_type("tags:1") WHEN 'ARRAY' THEN CAST(json_extract("tags:1", '$[*]') AS VARCHAR[]) WHEN 'OBJECT' THEN kql_bag_elements("tags:1") ELSE ["tags:1"] END AS l0 FROM q3),
q5 AS (SELECT "note:1", "row:2", unnest(l0) AS "tags:2" FROM q4),
q6 AS (SELECT "note:1" AS "note:1", "row:2" AS "row:2", NULLIF("tags:2", 'null') AS "tags:2" FROM q5),
q7 AS (SELECT "note:1" AS "note:1", "row:2" AS "row:2", "tags:2" AS "tags:2", COALESCE(json_extract_string("tags:2", '$'), '') AS "key" FROM q6),
q8 AS (SELECT "note:1" AS "note:1", "row:2" AS "row:2", "tags:2" AS "tags:2", row_number() OVER (PARTITION BY "row:2" ORDER BY "key" ASC NULLS FIRST) AS "number" FROM q7),
q9 AS (SELECT "row:2" AS "row:2", "tags:2" AS "tags:2", length("note:1") AS "note:2" FROM q8 WHERE "number" <= CAST(1 AS BIGINT)),
q10 AS (SELECT "id:1" AS "id:1", "tags:2" AS "tags:2", "note:2" AS "note:2" FROM q2 JOIN q9 ON "row:1" = "row:2")
SELECT "id:1" AS "id", "note:2" AS "note", "tags:2" AS "tags" FROM q10 ORDER BY "id:1" ASC NULLS FIRST
