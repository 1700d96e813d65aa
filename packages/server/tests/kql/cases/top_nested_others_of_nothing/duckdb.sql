WITH q1 AS MATERIALIZED (SELECT "a" AS "a", "a" AS "a:1" FROM (SELECT CAST(NULL AS BIGINT) AS "a") AS v WHERE false),
q2 AS MATERIALIZED (SELECT "a:1" AS "a:2" FROM q1),
q3 AS (SELECT "a:2" AS "a:3", count(*) AS "count" FROM q2 GROUP BY 1),
q4 AS MATERIALIZED (SELECT "a:3" AS "a:3", "count" AS "count" FROM q3 ORDER BY "count" DESC NULLS LAST LIMIT 1),
q5 AS MATERIALIZED (SELECT "a:3" AS "a:4", "count" AS "count:1" FROM q4),
q6 AS (SELECT "a:2" AS "a:5" FROM q2),
q7 AS (SELECT "a:3" AS "a:6" FROM q4),
q8 AS (SELECT 1 AS "_" FROM q6 ANTI JOIN q7 ON COALESCE('=' || CAST("a:5" AS VARCHAR), '') = COALESCE('=' || CAST("a:6" AS VARCHAR), '')),
q9 AS (SELECT true AS "rest", count(*) AS "count:2" FROM q8 GROUP BY 1),
q10 AS (SELECT "a:4" AS "key 0", "count:1" AS "aggregate 0" FROM q5 UNION ALL SELECT CAST(-1 AS BIGINT) AS "key 0", "count:2" AS "aggregate 0" FROM q9)
SELECT "key 0" AS "a", "aggregate 0" AS "aggregated_a" FROM q10
