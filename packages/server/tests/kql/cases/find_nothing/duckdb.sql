WITH q1 AS (SELECT 'One' AS "source_", "a" AS "a:1", "b" AS "b:1" FROM (SELECT CAST(NULL AS VARCHAR) AS "a", CAST(NULL AS BIGINT) AS "b") AS v WHERE false AND "a" = 'x')
SELECT "source_" AS "source_", "a:1" AS "a", "b:1" AS "b" FROM q1
