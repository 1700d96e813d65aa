WITH q1 AS (SELECT DISTINCT ON ("id") "id" AS "id", "v" AS "v" FROM (VALUES (CAST(1 AS BIGINT), 'left 1'), (CAST(1 AS BIGINT), 'left 2')) AS v("id", "v") WHERE "v" = 'left 2'),
q2 AS (SELECT "id:1" AS "id:1", "v:1" AS "v:1" FROM (VALUES (CAST(1 AS BIGINT), 'right 1'), (CAST(1 AS BIGINT), 'right 2')) AS v("id:1", "v:1")),
q3 AS (SELECT "id" AS "id", "v" AS "v", "id:1" AS "id:1", "v:1" AS "v:1" FROM q1 JOIN q2 ON "id" = "id:1")
SELECT "id" AS "id", "v" AS "v", "id:1" AS "id1", "v:1" AS "v1" FROM q3 ORDER BY "v:1" ASC NULLS FIRST
