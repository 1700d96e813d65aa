WITH q1 AS (SELECT DISTINCT ON ("key") "key" AS "key", "n" AS "n" FROM (VALUES ('a', CAST(1 AS BIGINT)), ('b', CAST(2 AS BIGINT)), ('b', CAST(3 AS BIGINT)), ('c', CAST(4 AS BIGINT))) AS v("key", "n")),
q2 AS (SELECT "key:1" AS "key:1", "m" AS "m" FROM (VALUES ('b', CAST(10 AS BIGINT)), ('c', CAST(20 AS BIGINT)), ('c', CAST(30 AS BIGINT)), ('d', CAST(40 AS BIGINT))) AS v("key:1", "m")),
q3 AS (SELECT "key" AS "key", "n" AS "n", "key:1" AS "key:1", "m" AS "m" FROM q1 JOIN q2 ON "key" = "key:1")
SELECT "key" AS "key", "key:1" AS "key1", "m" AS "m" FROM q3 ORDER BY "n" ASC NULLS FIRST, "m" ASC NULLS FIRST
