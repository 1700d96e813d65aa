/** Words of KQL for colouring, and for completion until the language service has started. */

export const OPERATORS = (
  "as count distinct evaluate extend find invoke join limit lookup make-series mv-apply mv-expand " +
  "order parse parse-kv parse-where partition print project project-away project-keep " +
  "project-rename project-reorder range reduce render sample sample-distinct scan search " +
  "serialize sort summarize take top top-nested union where filter getschema datatable"
).split(" ");

export const KEYWORDS = (
  "and asc between by contains contains_cs default desc endswith false from has has_all has_any " +
  "has_cs hasprefix hassuffix in inner innerunique kind leftanti leftouter leftsemi let like " +
  "matches regex not nulls first last of on or outer rightanti rightouter rightsemi set " +
  "startswith step to true typeof with withsource null anti semi fullouter materialize toscalar"
).split(" ");

export const TYPES =
  "bool datetime decimal dynamic guid int long real string timespan double date time".split(" ");
