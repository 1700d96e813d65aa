"""Functions of arrays, sets and bags."""

from __future__ import annotations

from typing import Final

from openinsights.kql.names.name import Name

NAMES: Final = (
    Name(
        "array_concat",
        "array_concat(array, …)",
        "print array_concat(dynamic([1, 2]), dynamic([3]))",
    ),
    Name(
        "array_iff",
        "array_iff(condition_array, when_true, when_false)",
        "print array_iff(dynamic([true, false]), dynamic([1, 2]), dynamic([3, 4]))",
    ),
    Name(
        "array_iif",
        "array_iif(condition_array, when_true, when_false)",
        "print array_iif(dynamic([true, false]), 'yes', 'no')",
    ),
    Name(
        "array_index_of",
        "array_index_of(array, value, [start], [length], [occurrence])",
        "print array_index_of(dynamic(['a', 'b', 'c']), 'b')",
    ),
    Name("array_length", "array_length(array)", "print array_length(dynamic([1, 2, 3]))"),
    Name("array_reverse", "array_reverse(value)", "print array_reverse(dynamic([1, 2, 3]))"),
    Name(
        "array_rotate_left",
        "array_rotate_left(array, rotate_count)",
        "print array_rotate_left(dynamic([1, 2, 3]), 1)",
    ),
    Name(
        "array_rotate_right",
        "array_rotate_right(array, rotate_count)",
        "print array_rotate_right(dynamic([1, 2, 3]), 1)",
    ),
    Name(
        "array_shift_left",
        "array_shift_left(array, shift_count, [default_value])",
        "print array_shift_left(dynamic([1, 2, 3]), 1)",
    ),
    Name(
        "array_shift_right",
        "array_shift_right(array, shift_count, [default_value])",
        "print array_shift_right(dynamic([1, 2, 3]), 1, 0)",
    ),
    Name(
        "array_slice",
        "array_slice(array, start, end)",
        "print array_slice(dynamic([1, 2, 3, 4]), 1, 2)",
    ),
    Name(
        "array_sort_asc",
        "array_sort_asc(arrays, …, [nulls_last])",
        "print array_sort_asc(dynamic([3, 1, 2]))",
    ),
    Name(
        "array_sort_desc",
        "array_sort_desc(arrays, …, [nulls_last])",
        "print array_sort_desc(dynamic([3, 1, 2]))",
    ),
    Name("array_split", "array_split(array, index)", "print array_split(dynamic([1, 2, 3, 4]), 2)"),
    Name(
        "array_strcat",
        "array_strcat(array, delimiter)",
        "print array_strcat(dynamic(['a', 'b']), '-')",
    ),
    Name("array_sum", "array_sum(array)", "print array_sum(dynamic([1, 2, 3]))"),
    Name("arraylength", "arraylength(array)", "print arraylength(dynamic([1, 2, 3]))"),
    Name(
        "bag_has_key",
        "bag_has_key(bag, key)",
        "print bag_has_key(dynamic({'tier': 'gold'}), 'tier')",
    ),
    Name("bag_keys", "bag_keys(object)", "print bag_keys(dynamic({'a': 1, 'b': 2}))"),
    Name("bag_merge", "bag_merge(bag, …)", "print bag_merge(dynamic({'a': 1}), dynamic({'b': 2}))"),
    Name("bag_pack", "bag_pack(key, …, value, …)", "print bag_pack('tier', 'gold', 'items', 3)"),
    Name(
        "bag_pack_columns",
        "bag_pack_columns(value, …)",
        "print a = 1, b = 'x' | project bag_pack_columns(a, b)",
    ),
    Name(
        "bag_remove_keys",
        "bag_remove_keys(bag, keys)",
        "print bag_remove_keys(dynamic({'a': 1, 'b': 2}), dynamic(['b']))",
    ),
    Name(
        "bag_set_key",
        "bag_set_key(bag, key, value)",
        "print bag_set_key(dynamic({'a': 1}), 'b', 2)",
    ),
    Name("bag_zip", "bag_zip(keys, values)", "print bag_zip(dynamic(['a', 'b']), dynamic([1, 2]))"),
    Name(
        "dynamic_to_json",
        "dynamic_to_json(dynamic)",
        "print dynamic_to_json(dynamic({'b': 1, 'a': 2}))",
    ),
    Name(
        "extract_json",
        "extract_json(jsonPath, jsonText, [type])",
        "print extract_json('$.order.id', '{\"order\": {\"id\": 42}}')",
    ),
    Name(
        "extractjson",
        "extractjson(jsonPath, jsonText, [type])",
        "print extractjson('$.order.id', '{\"order\": {\"id\": 42}}')",
    ),
    Name(
        "jaccard_index",
        "jaccard_index(set1, set2)",
        "print jaccard_index(dynamic([1, 2, 3]), dynamic([2, 3, 4]))",
    ),
    Name("pack", "pack(key, …, value, …)", "print pack('tier', 'gold')"),
    Name("pack_all", "pack_all([ignore_null_empty])", "print a = 1, b = 'x' | project pack_all()"),
    Name("pack_array", "pack_array(value, …)", "print pack_array(1, 'a', true)"),
    Name(
        "pack_dictionary",
        "pack_dictionary(key, …, value, …)",
        "print pack_dictionary('tier', 'gold')",
    ),
    Name("parse_json", "parse_json(json_text)", "print parse_json('{\"a\": [1, 2]}').a[1]"),
    Name("parsejson", "parsejson(json_text)", "print parsejson('{\"a\": 1}').a"),
    Name("range", "range(start, stop, [step])", "print range(1, 10, 3)"),
    Name("repeat", "repeat(value, count)", "print repeat('x', 3)"),
    Name(
        "set_difference",
        "set_difference(set, …)",
        "print set_difference(dynamic([1, 2, 3]), dynamic([2]))",
    ),
    Name(
        "set_equals", "set_equals(set1, set2)", "print set_equals(dynamic([1, 2]), dynamic([2, 1]))"
    ),
    Name(
        "set_has_element",
        "set_has_element(set, value)",
        "print set_has_element(dynamic(['a', 'b']), 'b')",
    ),
    Name(
        "set_intersect",
        "set_intersect(set, …)",
        "print set_intersect(dynamic([1, 2, 3]), dynamic([2, 3, 4]))",
    ),
    Name("set_union", "set_union(set, …)", "print set_union(dynamic([1, 2]), dynamic([2, 3]))"),
    Name(
        "strcat_array",
        "strcat_array(array, delimiter)",
        "print strcat_array(dynamic(['a', 'b']), '->')",
    ),
    Name("treepath", "treepath(object)", "print treepath(dynamic({'a': {'b': 1}}))"),
    Name("zip", "zip(array, …)", "print zip(dynamic([1, 2]), dynamic(['a', 'b']))"),
)
