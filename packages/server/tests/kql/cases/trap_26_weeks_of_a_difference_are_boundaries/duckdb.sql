SELECT 5.0e0 AS "print_0" FROM (SELECT 1 AS "_") AS v
