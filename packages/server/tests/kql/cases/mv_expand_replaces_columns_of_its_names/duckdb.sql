WITH q1 AS (SELECT "bag" AS "bag" FROM (VALUES ('{"items":[1,2]}', 'old')) AS v("bag", "bag_items")),
q2 AS (SELECT "bag", CASE json_type(NULLIF(CAST(json_extract("bag", '$."items"') AS VARCHAR), 'null')) WHEN 'ARRAY' THEN CAST(json_extract(NULLIF(CAST(json_extract("bag", '$."items"') AS VARCHAR), 'null'), '$[*]') AS VARCHAR[]) WHEN 'OBJECT' THEN kql_bag_elements(NULLIF(CAST(json_extract("bag", '$."items"') AS VARCHAR), 'null')) ELSE [NULLIF(CAST(json_extract("bag", '$."items"') AS VARCHAR), 'null')] END AS l0 FROM q1),
q3 AS (SELECT "bag", unnest(l0) AS "bag_items:1" FROM q2)
SELECT "bag" AS "bag", NULLIF("bag_items:1", 'null') AS "bag_items" FROM q3
