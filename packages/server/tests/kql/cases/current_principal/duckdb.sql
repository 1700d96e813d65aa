SELECT '<null identity>' AS "who", ('<null identity>' <> '<null identity>') AS "is_known" FROM (SELECT 1 AS "_") AS v
