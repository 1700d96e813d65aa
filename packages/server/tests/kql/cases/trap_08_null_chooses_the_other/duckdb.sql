SELECT 'no' AS "print_0" FROM (SELECT 1 AS "_") AS v
