WITH q1 AS (SELECT "k" AS "k", "v" AS "v", row_number() OVER (ORDER BY "k" ASC NULLS FIRST, "v" ASC NULLS FIRST) AS "row" FROM (VALUES ('a', CAST(1 AS BIGINT)), ('a', CAST(2 AS BIGINT)), ('b', CAST(10 AS BIGINT)), ('b', CAST(5 AS BIGINT))) AS v("k", "v")),
q2 AS (SELECT "k" AS "k", "v" AS "v", "row" AS "row", COALESCE(lag("k") OVER (ORDER BY "row" ASC NULLS FIRST), '') AS "lag" FROM q1),
q3 AS (SELECT "k" AS "k", "v" AS "v", "row" AS "row", sum((CASE WHEN ("k" <> "lag") THEN 1 ELSE 0 END)) OVER (ORDER BY "row" ASC NULLS FIRST ROWS UNBOUNDED PRECEDING) AS "sum of rows" FROM q2),
q4 AS (SELECT "k" AS "k", "v" AS "v", "row" AS "row", sum("v") OVER (PARTITION BY "sum of rows" ORDER BY "row" ASC NULLS FIRST ROWS UNBOUNDED PRECEDING) AS "sum of rows:1" FROM q3)
SELECT "k" AS "k", "v" AS "v", CAST("sum of rows:1" AS BIGINT) AS "total" FROM q4 ORDER BY "row" ASC NULLS FIRST
