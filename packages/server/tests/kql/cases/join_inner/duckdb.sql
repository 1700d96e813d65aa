WITH q1 AS (SELECT "Key" AS "Key", "Left" AS "Left" FROM (VALUES ('a', CAST(1 AS BIGINT)), ('b', CAST(2 AS BIGINT)), ('b', CAST(3 AS BIGINT)), ('c', CAST(4 AS BIGINT))) AS v("Key", "Left")),
q2 AS (SELECT "Key:1" AS "Key:1", "Right" AS "Right" FROM (VALUES ('b', CAST(10 AS BIGINT)), ('c', CAST(20 AS BIGINT)), ('c', CAST(30 AS BIGINT)), ('d', CAST(40 AS BIGINT))) AS v("Key:1", "Right")),
q3 AS (SELECT "Key" AS "Key", "Left" AS "Left", "Key:1" AS "Key:1", "Right" AS "Right" FROM q1 JOIN q2 ON "Key" = "Key:1")
SELECT "Key" AS "Key", "Left" AS "Left", "Key:1" AS "Key1", "Right" AS "Right" FROM q3 ORDER BY "Key" ASC NULLS FIRST, "Left" ASC NULLS FIRST, "Right" ASC NULLS FIRST
