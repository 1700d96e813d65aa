WITH q1 AS (SELECT '{"p":1,"q":2}' AS "b", '[5,4,3]' AS "c" FROM (SELECT 1 AS "_") AS v),
q2 AS (SELECT CASE json_type("b") WHEN 'ARRAY' THEN CAST(json_extract("b", '$[*]') AS VARCHAR[]) WHEN 'OBJECT' THEN kql_bag_elements("b") ELSE ["b"] END AS l0, CASE json_type("c") WHEN 'ARRAY' THEN CAST(json_extract("c", '$[*]') AS VARCHAR[]) WHEN 'OBJECT' THEN kql_bag_elements("c") ELSE ["c"] END AS l1 FROM q1),
q3 AS (SELECT unnest(l0) AS "b:1", unnest(l1) AS "c:1" FROM q2)
SELECT NULLIF("b:1", 'null') AS "b", NULLIF("c:1", 'null') AS "c" FROM q3
