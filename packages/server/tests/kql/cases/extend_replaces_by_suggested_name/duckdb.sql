WITH q1 AS (SELECT COALESCE(CAST("size" AS VARCHAR), '') AS "size:1", ("at" - "at" % CAST(36000000000 AS BIGINT)) AS "at:1" FROM (VALUES (CAST(7 AS BIGINT), CAST(639029198450000000 AS BIGINT))) AS v("size", "at"))
SELECT "size:1" AS "size", "at:1" AS "at", length("size:1") AS "strlen_size", ("at:1" - "at:1" % CAST(864000000000 AS BIGINT)) AS "at1" FROM q1
