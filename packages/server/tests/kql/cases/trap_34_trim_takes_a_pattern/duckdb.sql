SELECT regexp_replace(regexp_replace('-- a b! ', '\A(?:[^\w]+)', ''), '(?:[^\w]+)\z', '') AS "print_0" FROM (SELECT 1 AS "_") AS v
