WITH q1 AS (SELECT "k" AS "k:1", CAST(COALESCE(sum("v") FILTER (WHERE "s" = 'x'), 0) AS BIGINT) AS "x", CAST(COALESCE(sum("v") FILTER (WHERE "s" = 'y'), 0) AS BIGINT) AS "y" FROM (VALUES ('a', 'x', CAST(1 AS BIGINT)), ('a', 'y', CAST(2 AS BIGINT)), ('b', 'x', CAST(5 AS BIGINT))) AS v("k", "s", "v") GROUP BY 1)
SELECT "k:1" AS "k", "x" AS "x", "y" AS "y" FROM q1 ORDER BY "k:1" ASC NULLS FIRST
