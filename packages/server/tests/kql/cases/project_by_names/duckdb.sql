SELECT "c" AS "c", "a1" AS "a1", "a2" AS "a2", "b" AS "b" FROM (VALUES (CAST(1 AS BIGINT), 'x', 2.5e0, TRY_CAST(CAST(3 AS BIGINT) AS INTEGER))) AS v("b", "a1", "a2", "c")
