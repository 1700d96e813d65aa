SELECT ("b" * CAST(2 AS BIGINT)) AS "c", ("a" + "b") AS "a", "b" AS "b" FROM (VALUES (CAST(1 AS BIGINT), CAST(2 AS BIGINT))) AS v("a", "b")
