WITH q1 AS (SELECT '["u","v"]' AS "x" FROM (SELECT 1 AS "_") AS v),
q2 AS (SELECT CASE json_type("x") WHEN 'ARRAY' THEN CAST(json_extract("x", '$[*]') AS VARCHAR[]) WHEN 'OBJECT' THEN kql_bag_elements("x") ELSE ["x"] END AS l0 FROM q1),
q3 AS (SELECT unnest(l0) AS "x:1", unnest(generate_series(0, greatest(COALESCE(len(l0), 0)) - 1)) AS "place" FROM q2)
SELECT NULLIF("x:1", 'null') AS "x", "place" AS "place" FROM q3
