WITH q1 AS (SELECT "city" AS "city:1", count(*) AS "count_city" FROM (SELECT CAST(NULL AS VARCHAR) AS "city") AS v WHERE false GROUP BY 1)
SELECT "city:1" AS "city", "count_city" AS "count_city" FROM q1 ORDER BY "count_city" DESC NULLS LAST, "city:1" ASC NULLS FIRST
