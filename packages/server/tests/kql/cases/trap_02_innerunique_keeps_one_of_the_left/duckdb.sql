WITH q1 AS (SELECT DISTINCT ON ("id") "id" AS "id", "v" AS "v" FROM (VALUES (CAST(1 AS BIGINT), 'left 1'), (CAST(1 AS BIGINT), 'left 2')) AS v("id", "v")),
q2 AS (SELECT "id:1" AS "id:1", "v:1" AS "v:1" FROM (VALUES (CAST(1 AS BIGINT), 'right 1'), (CAST(1 AS BIGINT), 'right 2')) AS v("id:1", "v:1")),
q3 AS (SELECT "v" AS "v", "v:1" AS "v:1" FROM q1 JOIN q2 ON "id" = "id:1"),
q4 AS (SELECT count(*) AS "count", count(DISTINCT hash("v")) AS "dcount", count(DISTINCT hash("v:1")) AS "dcount:1" FROM q3)
SELECT "count" AS "rows", "dcount" AS "lefts", "dcount:1" AS "rights" FROM q4
