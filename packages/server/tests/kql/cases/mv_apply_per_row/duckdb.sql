WITH q1 AS MATERIALIZED (SELECT "id" AS "id", "xs" AS "xs", row_number() OVER () AS "row" FROM (VALUES (CAST(1 AS BIGINT), '[3,1,2]'), (CAST(2 AS BIGINT), '[10,20]')) AS v("id", "xs")),
q2 AS (SELECT "id" AS "id:1", "xs" AS "xs:1", "row" AS "row:1" FROM q1),
q3 AS (SELECT "xs" AS "xs:2", "row" AS "row:2" FROM q1),
q4 AS (SELECT "row:2", CASE json_type("xs:2") WHEN 'ARRAY' THEN CAST(json_extract("xs:2", '$[*]') AS VARCHAR[]) WHEN 'OBJECT' THEN kql_bag_elements("xs:2") ELSE ["xs:2"] END AS l0 FROM q3),
q5 AS (SELECT "row:2", unnest(l0) AS "x" FROM q4),
q6 AS (SELECT "row:2" AS "row:2", NULLIF("x", 'null') AS "x" FROM q5),
q7 AS (SELECT "row:2" AS "row:2", (CASE WHEN json_type("x") = 'DOUBLE' THEN TRY_CAST(trunc(TRY_CAST("x" AS DOUBLE)) AS BIGINT) ELSE CASE WHEN regexp_full_match(json_extract_string("x", '$'), '\s*([+-]?[0-9]+|0[xX][0-9a-fA-F]+)\s*') THEN TRY_CAST(json_extract_string("x", '$') AS BIGINT) END END) AS "x:1" FROM q6),
q8 AS (SELECT "row:2" AS "row:2", "x:1" AS "x:1", row_number() OVER (PARTITION BY "row:2" ORDER BY "x:1" DESC NULLS LAST) AS "number" FROM q7),
q9 AS (SELECT "row:2" AS "row:3", concat('[', string_agg(NULLIF(COALESCE(CAST("x:1" AS VARCHAR), 'null'), 'null'), ',' ORDER BY "x:1" DESC NULLS LAST), ']') AS "make_list", CAST(COALESCE(sum("x:1"), 0) AS BIGINT) AS "sum" FROM q8 WHERE "number" <= CAST(2 AS BIGINT) GROUP BY 1),
q10 AS (SELECT "row:3" AS "row:3", "make_list" AS "make_list", "sum" AS "sum" FROM q9),
q11 AS (SELECT "id:1" AS "id:1", "xs:1" AS "xs:1", "make_list" AS "make_list", "sum" AS "sum" FROM q2 JOIN q10 ON "row:1" = "row:3")
SELECT "id:1" AS "id", "xs:1" AS "xs", "make_list" AS "best", "sum" AS "total" FROM q11 ORDER BY "id:1" ASC NULLS FIRST
