WITH q1 AS (SELECT "k" AS "k", "v" AS "v", row_number() OVER (PARTITION BY "k" ORDER BY "v" DESC NULLS LAST) AS "number" FROM (VALUES ('a', CAST(1 AS BIGINT)), ('a', CAST(5 AS BIGINT)), ('b', CAST(7 AS BIGINT)), ('b', CAST(2 AS BIGINT)), ('b', CAST(9 AS BIGINT))) AS v("k", "v"))
SELECT "k" AS "k", "v" AS "v" FROM q1 WHERE "number" <= CAST(1 AS BIGINT) ORDER BY "k" ASC NULLS FIRST
