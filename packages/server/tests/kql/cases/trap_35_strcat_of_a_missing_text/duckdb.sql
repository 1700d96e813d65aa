WITH q1 AS (SELECT "n" AS "n", "t" AS "t" FROM (VALUES (TRY_CAST(CAST(1 AS BIGINT) AS INTEGER), 'x')) AS v("n", "t")),
q2 AS (SELECT "n:1" AS "n:1", "u" AS "u" FROM (VALUES (TRY_CAST(CAST(2 AS BIGINT) AS INTEGER), 'y')) AS v("n:1", "u")),
q3 AS (SELECT "u" AS "u", COALESCE("t", '') AS "t:1" FROM q1 RIGHT JOIN q2 ON "n" = "n:1")
SELECT (CASE WHEN (COALESCE(strlen("t:1"), 0) + COALESCE(strlen("u"), 0)) > CAST(262143 AS BIGINT) THEN error('a text of more than 262144 characters is joined') WHEN (COALESCE(strlen("t:1"), 0) + COALESCE(strlen("u"), 0)) > 65536 AND NOT kql_room((COALESCE(strlen("t:1"), 0) + COALESCE(strlen("u"), 0))) THEN NULL ELSE concat("t:1", '_', "u") END) AS "Column1" FROM q3
