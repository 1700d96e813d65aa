WITH q1 AS (SELECT "city" AS "city:1", count(*) AS "count" FROM (VALUES ('Oslo', CAST(1 AS BIGINT)), ('Rome', CAST(2 AS BIGINT)), ('Oslo', CAST(2 AS BIGINT)), ('', CAST(NULL AS BIGINT)), ('Oslo', CAST(2 AS BIGINT))) AS v("city", "n") WHERE "n" > CAST(1 AS BIGINT) GROUP BY 1)
SELECT "city:1" AS "city", "count" AS "c" FROM q1 ORDER BY "count" DESC NULLS LAST
;
WITH q1 AS (SELECT "n" AS "n:1", count(*) AS "count_n" FROM (VALUES ('Oslo', CAST(1 AS BIGINT)), ('Rome', CAST(2 AS BIGINT)), ('Oslo', CAST(2 AS BIGINT)), ('', CAST(NULL AS BIGINT)), ('Oslo', CAST(2 AS BIGINT))) AS v("city", "n") GROUP BY 1)
SELECT "n:1" AS "n", "count_n" AS "count_n" FROM q1 ORDER BY "count_n" DESC NULLS LAST, "n:1" ASC NULLS FIRST
;
WITH q1 AS (SELECT "city" AS "city:1", count(*) AS "count_city" FROM (VALUES ('Oslo', CAST(1 AS BIGINT)), ('Rome', CAST(2 AS BIGINT)), ('Oslo', CAST(2 AS BIGINT)), ('', CAST(NULL AS BIGINT)), ('Oslo', CAST(2 AS BIGINT))) AS v("city", "n") GROUP BY 1)
SELECT "city:1" AS "city", "count_city" AS "count_city" FROM q1 ORDER BY "count_city" DESC NULLS LAST, "city:1" ASC NULLS FIRST
