WITH q1 AS (SELECT bit_or("few") AS "binary_all_or", bit_and("many") AS "binary_all_and", bit_xor("few") AS "binary_all_xor" FROM (VALUES (TRY_CAST(CAST(6 AS BIGINT) AS INTEGER), CAST(12 AS BIGINT)), (TRY_CAST(CAST(3 AS BIGINT) AS INTEGER), CAST(8 AS BIGINT))) AS v("few", "many"))
SELECT "binary_all_or" AS "few", "binary_all_and" AS "many", "binary_all_xor" AS "x" FROM q1
