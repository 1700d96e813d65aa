SELECT kql_datetime_local_to_utc(CAST(639103464000000000 AS BIGINT), 'Europe/Brussels') AS "utc" FROM (SELECT 1 AS "_") AS v
