WITH q1 AS (SELECT "row" AS "row", "who" AS "who" FROM (VALUES (CAST(1 AS BIGINT), 'ann'), (CAST(2 AS BIGINT), 'bob')) AS v("row", "who")),
q2 AS (SELECT "name" AS "name", "city" AS "city" FROM (VALUES ('ann', 'Oslo')) AS v("name", "city")),
q3 AS (SELECT "row" AS "row", "who" AS "who", COALESCE("city", '') AS "city:1" FROM q1 LEFT JOIN q2 ON "who" = "name")
SELECT "row" AS "row", "who" AS "who", "city:1" AS "city" FROM q3 ORDER BY "row" ASC NULLS FIRST
