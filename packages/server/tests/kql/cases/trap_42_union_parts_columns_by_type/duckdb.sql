WITH q1 AS (SELECT 'union_arg0' AS "T", "x" AS "x_long", CAST(NULL AS INTEGER) AS "x_int" FROM (VALUES (CAST(1 AS BIGINT))) AS v("x") UNION ALL SELECT 'union_arg1' AS "T", CAST(NULL AS BIGINT) AS "x_long", "x:1" AS "x_int" FROM (VALUES (TRY_CAST(CAST(2 AS BIGINT) AS INTEGER))) AS v("x:1"))
SELECT "T" AS "T", "x_long" AS "x_long", "x_int" AS "x_int" FROM q1 ORDER BY "T" ASC NULLS FIRST
