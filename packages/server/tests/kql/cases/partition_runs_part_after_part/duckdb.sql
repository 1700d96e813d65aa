WITH q1 AS MATERIALIZED (SELECT "team" AS "team", "points" AS "points" FROM (VALUES ('red', CAST(3 AS BIGINT)), ('red', CAST(1 AS BIGINT)), ('blue', CAST(5 AS BIGINT)), ('', CAST(2 AS BIGINT))) AS v("team", "points")),
q2 AS MATERIALIZED (SELECT "team" AS "team:1", "points" AS "points:1" FROM q1 WHERE ("team" IS NOT DISTINCT FROM '')),
q3 AS (SELECT CAST(COALESCE(sum("points:1"), 0) AS BIGINT) AS "sum" FROM q2),
q4 AS (SELECT "sum" AS "sum" FROM q3 LIMIT 1),
q5 AS MATERIALIZED (SELECT "team" AS "team:3", "points" AS "points:3" FROM q1 WHERE ("team" IS NOT DISTINCT FROM 'blue')),
q6 AS (SELECT CAST(COALESCE(sum("points:3"), 0) AS BIGINT) AS "sum:1" FROM q5),
q7 AS (SELECT "sum:1" AS "sum:1" FROM q6 LIMIT 1),
q8 AS MATERIALIZED (SELECT "team" AS "team:4", "points" AS "points:4" FROM q1 WHERE ("team" IS NOT DISTINCT FROM 'red')),
q9 AS (SELECT CAST(COALESCE(sum("points:4"), 0) AS BIGINT) AS "sum:2" FROM q8),
q10 AS (SELECT "sum:2" AS "sum:2" FROM q9 LIMIT 1),
q11 AS (SELECT "team:1" AS "team:2", "points:1" AS "points:2", ((CAST("points:1" AS DOUBLE) * 1.0e0) / CAST((SELECT "sum" FROM q4 LIMIT 1) AS DOUBLE)) AS "share" FROM q2 UNION ALL SELECT "team:3" AS "team:2", "points:3" AS "points:2", ((CAST("points:3" AS DOUBLE) * 1.0e0) / CAST((SELECT "sum:1" FROM q7 LIMIT 1) AS DOUBLE)) AS "share" FROM q5 UNION ALL SELECT "team:4" AS "team:2", "points:4" AS "points:2", ((CAST("points:4" AS DOUBLE) * 1.0e0) / CAST((SELECT "sum:2" FROM q10 LIMIT 1) AS DOUBLE)) AS "share" FROM q8)
SELECT "team:2" AS "team", "points:2" AS "points", "share" AS "share" FROM q11 ORDER BY "team:2" ASC NULLS FIRST, "points:2" ASC NULLS FIRST
