WITH q1 AS (SELECT DISTINCT ON ("id") "id" AS "id", "v" AS "v", "v1" AS "v1" FROM (VALUES (CAST(1 AS BIGINT), 'first', 'p'), (CAST(1 AS BIGINT), 'second', 'q')) AS v("id", "v", "v1") WHERE "v" = 'second'),
q2 AS (SELECT "id:1" AS "id:1", "v:1" AS "v:1" FROM (VALUES (CAST(1 AS BIGINT), 'x'), (CAST(1 AS BIGINT), 'y')) AS v("id:1", "v:1")),
q3 AS (SELECT "id" AS "id", "v" AS "v", "v1" AS "v1", "id:1" AS "id:1", "v:1" AS "v:1" FROM q1 JOIN q2 ON "id" = "id:1")
SELECT "id" AS "id", "v" AS "v", "v1" AS "v1", "id:1" AS "id1", "v:1" AS "v2" FROM q3 ORDER BY "v:1" ASC NULLS FIRST
