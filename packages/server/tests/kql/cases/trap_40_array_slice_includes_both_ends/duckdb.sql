SELECT kql_array_slice('[6,7,8,9]', CAST(1 AS BIGINT), CAST(-1 AS BIGINT)) AS "print_0", kql_array_slice('[6,7,8,9]', CAST(-3 AS BIGINT), CAST(-2 AS BIGINT)) AS "print_1" FROM (SELECT 1 AS "_") AS v
