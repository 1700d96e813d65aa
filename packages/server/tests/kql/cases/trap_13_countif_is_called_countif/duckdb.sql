WITH q1 AS (SELECT count(*) FILTER (WHERE length("name") > CAST(4 AS BIGINT)) AS "count" FROM (VALUES ('Ada'), ('Grace'), ('Alan'), ('Barbara')) AS v("name"))
SELECT "count" AS "countif_" FROM q1
