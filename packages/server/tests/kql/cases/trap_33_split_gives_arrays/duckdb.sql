SELECT kql_split('x-y-z', '-', CAST(1 AS BIGINT)) AS "print_0", kql_split('', '-', NULL) AS "print_1" FROM (SELECT 1 AS "_") AS v
