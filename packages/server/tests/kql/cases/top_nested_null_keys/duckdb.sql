WITH q1 AS MATERIALIZED (SELECT "a" AS "a", "b" AS "b", "a" AS "a:1", "b" AS "b:1" FROM (VALUES (CAST(NULL AS BIGINT), 'x'), (CAST(1 AS BIGINT), 'y'), (CAST(NULL AS BIGINT), 'z')) AS v("a", "b")),
q2 AS (SELECT "a:1" AS "a:2", count(*) AS "count" FROM q1 GROUP BY 1),
q3 AS MATERIALIZED (SELECT "a:2" AS "a:2", "count" AS "count" FROM q2 ORDER BY "count" DESC NULLS LAST LIMIT 2),
q4 AS (SELECT "a:2" AS "a:3", "count" AS "count:1" FROM q3),
q5 AS (SELECT "b" AS "b:2", "a:1" AS "a:4", "b:1" AS "b:3" FROM q1),
q6 AS (SELECT "a:2" AS "a:5" FROM q3),
q7 AS (SELECT "b:2" AS "b:2", "a:4" AS "a:4", "b:3" AS "b:3" FROM q5 SEMI JOIN q6 ON COALESCE('=' || CAST("a:4" AS VARCHAR), '') = COALESCE('=' || CAST("a:5" AS VARCHAR), '')),
q8 AS (SELECT "a:4" AS "a:6", "b:3" AS "b:4", COALESCE(max("b:2"), '') AS "max" FROM q7 GROUP BY 1, 2),
q9 AS (SELECT "a:6" AS "a:6", "b:4" AS "b:4", "max" AS "max", row_number() OVER (PARTITION BY "a:6" ORDER BY "max" DESC NULLS LAST) AS "number" FROM q8),
q10 AS (SELECT "a:6" AS "a:6", "b:4" AS "b:4", "max" AS "max" FROM q9 WHERE "number" <= CAST(1 AS BIGINT)),
q11 AS (SELECT "a:3" AS "a:3", "count:1" AS "count:1", "b:4" AS "b:4", "max" AS "max" FROM q4 JOIN q10 ON COALESCE('=' || CAST("a:3" AS VARCHAR), '') = COALESCE('=' || CAST("a:6" AS VARCHAR), '')),
q12 AS MATERIALIZED (SELECT "a:3" AS "a:3", "count:1" AS "count:1", "b:4" AS "b:4", "max" AS "max" FROM q11)
SELECT "a:3" AS "a", "count:1" AS "aggregated_a", "b:4" AS "b", "max" AS "last" FROM q12 ORDER BY "count:1" DESC NULLS LAST
