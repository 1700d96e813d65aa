WITH q1 AS MATERIALIZED (SELECT "a" AS "a", "b" AS "b", "v" AS "v", "a" AS "a:1", "b" AS "b:1" FROM (VALUES ('p', 'x', CAST(1 AS BIGINT)), ('p', 'y', CAST(2 AS BIGINT)), ('p', 'z', CAST(7 AS BIGINT)), ('q', 'x', CAST(5 AS BIGINT)), ('r', 'x', CAST(1 AS BIGINT))) AS v("a", "b", "v")),
q2 AS (SELECT "a:1" AS "a:2", CAST(COALESCE(sum("v"), 0) AS BIGINT) AS "sum" FROM q1 GROUP BY 1),
q3 AS MATERIALIZED (SELECT "a:2" AS "a:2", "sum" AS "sum" FROM q2 ORDER BY "sum" DESC NULLS LAST LIMIT 2),
q4 AS (SELECT "a:2" AS "a:3", "sum" AS "sum:1" FROM q3),
q5 AS (SELECT "v" AS "v:1", "a:1" AS "a:4", "b:1" AS "b:2" FROM q1),
q6 AS (SELECT "a:2" AS "a:5" FROM q3),
q7 AS (SELECT "v:1" AS "v:1", "a:4" AS "a:4", "b:2" AS "b:2" FROM q5 SEMI JOIN q6 ON COALESCE('=' || CAST("a:4" AS VARCHAR), '') = COALESCE('=' || CAST("a:5" AS VARCHAR), '')),
q8 AS (SELECT "a:4" AS "a:6", "b:2" AS "b:3", max("v:1") AS "max" FROM q7 GROUP BY 1, 2),
q9 AS (SELECT "a:6" AS "a:6", "b:3" AS "b:3", "max" AS "max", row_number() OVER (PARTITION BY "a:6" ORDER BY "max" DESC NULLS LAST) AS "number" FROM q8),
q10 AS (SELECT "a:6" AS "a:6", "b:3" AS "b:3", "max" AS "max" FROM q9 WHERE "number" <= CAST(1 AS BIGINT)),
q11 AS (SELECT "a:3" AS "a:3", "sum:1" AS "sum:1", "b:3" AS "b:3", "max" AS "max" FROM q4 JOIN q10 ON COALESCE('=' || CAST("a:3" AS VARCHAR), '') = COALESCE('=' || CAST("a:6" AS VARCHAR), '')),
q12 AS MATERIALIZED (SELECT "a:3" AS "a:3", "sum:1" AS "sum:1", "b:3" AS "b:3", "max" AS "max" FROM q11)
SELECT "a:3" AS "a", "sum:1" AS "total", "b:3" AS "b", "max" AS "aggregated_b" FROM q12 ORDER BY "a:3" ASC NULLS FIRST
