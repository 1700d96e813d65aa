WITH q1 AS MATERIALIZED (SELECT "v" AS "v:2", "s" AS "s:2" FROM (VALUES (CAST(1 AS BIGINT), 'x'), (CAST(3 AS BIGINT), 'y'), (CAST(2 AS BIGINT), 'z')) AS v("v", "s")),
q2 AS ((SELECT "v" AS "v:1", "s" AS "s:1" FROM (VALUES (CAST(1 AS BIGINT), 'x'), (CAST(3 AS BIGINT), 'y'), (CAST(2 AS BIGINT), 'z')) AS v("v", "s") ORDER BY "v" DESC NULLS LAST LIMIT 2) UNION ALL (SELECT "v:2" AS "v:1", "s:2" AS "s:1" FROM q1 ORDER BY "v:2" DESC NULLS LAST LIMIT 1))
SELECT "v:1" AS "v", "s:1" AS "s" FROM q2
