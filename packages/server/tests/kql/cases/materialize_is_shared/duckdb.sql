WITH q1 AS (SELECT "name" AS "name", count(*) AS "count" FROM "requests" AS s0 GROUP BY 1),
q2 AS MATERIALIZED (SELECT "name" AS "name", "count" AS "count" FROM q1),
q3 AS (SELECT "name" AS "name:1", "count" AS "count:1" FROM q2),
q4 AS (SELECT "name" AS "name:2", "count" AS "count:2" FROM q2),
q5 AS (SELECT "name:1" AS "name:1", "count:1" AS "count:1", "count:2" AS "count:2" FROM q3 JOIN q4 ON "name:1" = "name:2")
SELECT "name:1" AS "name", "count:1" AS "n", "count:2" AS "n1" FROM q5
