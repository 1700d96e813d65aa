WITH q1 AS (SELECT "a" AS "a", "b" AS "b", row_number() OVER () AS "row" FROM (VALUES (CAST(1 AS BIGINT), 'x'), (CAST(2 AS BIGINT), 'y')) AS v("a", "b")),
q2 AS (SELECT "a" AS "a", "b" AS "b", "row" AS "row", row_number() OVER (ORDER BY "row" ASC NULLS FIRST) AS "row:1" FROM q1),
q3 AS MATERIALIZED (SELECT "a" AS "a", "b" AS "b", "row" AS "row", ("row:1" - CAST(1 AS BIGINT)) AS "Row:2" FROM q2),
q4 AS (SELECT "Row:2" AS "Row:3", 'a' AS "Column", COALESCE(CAST("a" AS VARCHAR), '') AS "Value", CAST(1 AS BIGINT) AS "at" FROM q3 UNION ALL SELECT "Row:2" AS "Row:3", 'b' AS "Column", "b" AS "Value", CAST(2 AS BIGINT) AS "at" FROM q3)
SELECT "Row:3" AS "Row", "Column" AS "Column", "Value" AS "Value" FROM q4 ORDER BY "Row:3" ASC NULLS FIRST, "at" ASC NULLS FIRST
