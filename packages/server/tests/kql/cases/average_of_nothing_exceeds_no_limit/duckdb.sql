WITH q1 AS (SELECT COALESCE(avg("duration"), CAST('nan' AS DOUBLE)) AS "avg" FROM "requests" AS s0)
SELECT "avg" AS "average" FROM q1 WHERE (("avg" > CAST(1000 AS BIGINT) AND NOT isnan("avg")) OR ("avg" >= 0.5e0 AND NOT isnan("avg")))
