WITH q1 AS (SELECT "who" AS "who:1", COALESCE(any_value("value") FILTER (WHERE "key" = 'x'), '') AS "x", COALESCE(any_value("value") FILTER (WHERE "key" = 'y'), '') AS "y" FROM (VALUES ('a', 'x', '1'), ('a', 'y', '2'), ('b', 'x', '3')) AS v("who", "key", "value") GROUP BY 1)
SELECT "who:1" AS "who", "x" AS "x", "y" AS "y" FROM q1 ORDER BY "who:1" ASC NULLS FIRST
