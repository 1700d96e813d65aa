"""Arrays and bags. Each row: an expression and its value."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from engine import Engine

VALUES = [
    ("array_concat(dynamic([1,2]),dynamic([3]))", [1, 2, 3]),
    ("array_concat(dynamic([1]),dynamic(null))", [1]),
    ("array_concat(dynamic(null))", None),
    ("array_slice(dynamic([1,2,3]),1,2)", [2, 3]),
    ("array_slice(dynamic([1,2,3,4,5]),2,-1)", [3, 4, 5]),
    ("array_slice(dynamic([1,2,3]),-10,-2)", [1, 2]),
    ("array_slice(dynamic([1,2,3]),2,1)", []),
    ("array_slice(dynamic([1,2,3]),-1,-3)", []),
    ("array_slice(dynamic([1,2,3]),5,9)", []),
    ('array_index_of(dynamic(["this","is","an","example"]),"is")', 1),
    ("array_index_of(dynamic([1,2,1]),1,1)", 2),
    ("array_index_of(dynamic([1,2,1]),1,0,-1,2)", 2),
    ("array_index_of(dynamic([1]),5)", -1),
    ('array_index_of(dynamic(["a","b","a"]),"a",-2)', 2),
    ("array_index_of(dynamic(null),1)", None),
    ("array_length(dynamic({}))", None),
    ("array_length(dynamic(null))", None),
    ("array_length(dynamic([]))", 0),
    ('array_length(split("a,b",","))', 2),
    ("array_rotate_left(dynamic([1,2,3,4,5]),2)", [3, 4, 5, 1, 2]),
    ("array_rotate_left(dynamic([1,2,3,4,5]),-2)", [4, 5, 1, 2, 3]),
    ("array_rotate_right(dynamic([]),1)", []),
    ("array_shift_left(dynamic([1,2,3]),5)", [None, None, None]),
    ('array_shift_right(dynamic([1,2,3]),1,"x")', ["x", 1, 2]),
    ("array_split(dynamic([1,2,3,4,5]),2)", [[1, 2], [3, 4, 5]]),
    ("array_split(dynamic([1,2,3,4,5]),dynamic([1,-1]))", [[1], [2, 3, 4], [5]]),
    ("array_sum(dynamic([1,2.5]))", 3.5),
    ('array_sum(dynamic([1,"a"]))', None),
    ("array_sum(dynamic([]))", 0.0),
    ("array_reverse(dynamic({}))", None),
    ('array_iff(dynamic([true,null,0,"x"]),1,2)', [1, None, 2, None]),
    ("array_iff(dynamic([true,false]),dynamic([1]),dynamic([5,6]))", [1, 6]),
    ('bag_keys(dynamic({"a":1,"b":{"c":2}}))', ["a", "b"]),
    (
        "bag_merge(dynamic({'A1':12,'B1':2}),dynamic({'A2':81,'B1':1}),dynamic(null))",
        {"A1": 12, "B1": 2, "A2": 81},
    ),
    ("bag_merge(dynamic(null),dynamic(null))", None),
    (
        "bag_remove_keys(dynamic({'k1':123,'k2':{'p1':'v','p2':1}}),dynamic(['$.k2.p1','k1']))",
        {"k2": {"p2": 1}},
    ),
    ("bag_set_key(dynamic({'a':1}),'b',2)", {"a": 1, "b": 2}),
    ("bag_set_key(dynamic({'a':1}),'$.b.c',dynamic([1]))", {"a": 1, "b": {"c": [1]}}),
    ("bag_has_key(dynamic({'k1':{'p':1}}),'$.k1.p')", True),
    ("bag_has_key(dynamic(null),'a')", None),
    ("bag_has_key(dynamic({'a':null}),'a')", True),
    (
        'bag_pack("a",1,"b",dynamic(null),"c",datetime(2020-01-01),"d",1h,"e","x")',
        {"a": 1, "b": None, "c": "2020-01-01T00:00:00.0000000Z", "d": "01:00:00", "e": "x"},
    ),
    ('pack("a",bag_pack())', {"a": {}}),
    ('bag_pack("k",int(null))', {"k": None}),
    ("bag_zip(dynamic(['a','b']),dynamic([1]))", {"a": 1, "b": None}),
    ("bag_zip(dynamic(['a']),dynamic([1,2]))", {"a": 1}),
    ("bag_zip(dynamic(['a',1,'c']),dynamic({'x':5}))", {"a": None, "c": None}),
    ("bag_zip(dynamic({'a':1}),dynamic([1]))", None),
    ('pack_dictionary("a",1)', {"a": 1}),
    ("pack_array()", []),
    ("pack_array(int(null))", [None]),
    ("set_union(dynamic([1,2]),dynamic([2,3]),dynamic([]))", [1, 2, 3]),
    ("set_intersect(dynamic([1,2,3]),dynamic([2,3,2]),dynamic([3,2]))", [2, 3]),
    ("set_difference(dynamic([1,2,3,2]),dynamic([3]))", [1, 2]),
    ('set_has_element(dynamic(["a","b"]),"b")', True),
    ('set_has_element(dynamic([1]),"1")', False),
    ("set_equals(dynamic([1,2]),dynamic([2,1,1]))", True),
    ("zip(dynamic([1,2]),dynamic([3]),dynamic([5,6]))", [[1, 3, 5], [2, None, 6]]),
    ("repeat(1,3)", [1, 1, 1]),
    ('repeat("a",0)', []),
    ("repeat(int(null),2)", [None, None]),
    ("repeat(1d,2)", ["1.00:00:00", "1.00:00:00"]),
    ("range(1,8,3)", [1, 4, 7]),
    ("range(1,5)", [1, 2, 3, 4, 5]),
    ("range(5,1,-2)", [5, 3, 1]),
    ("range(1.0,2.0,0.5)", [1.0, 1.5, 2.0]),
    (
        "range(datetime(2020-01-01),datetime(2020-01-03),1d)",
        [
            "2020-01-01T00:00:00.0000000Z",
            "2020-01-02T00:00:00.0000000Z",
            "2020-01-03T00:00:00.0000000Z",
        ],
    ),
    ("range(1h,3h,1h)", ["01:00:00", "02:00:00", "03:00:00"]),
    ("range(1,0)", []),
    ("range(1,5,0)", None),
    (
        'treepath(dynamic({"prop1":[1,2,3,4], "prop2":"value2"}))',
        ["['prop1']", "['prop1'][0]", "['prop2']"],
    ),
    ('treepath(dynamic({"a":[{"b":1}]}))', ["['a']", "['a'][0]", "['a'][0]['b']"]),
    (
        'treepath(dynamic({"a":[1,{"b":1},{"b":2,"c":[]}]}))',
        ["['a']", "['a'][0]", "['a'][0]['b']", "['a'][0]['c']"],
    ),
    ("treepath(dynamic(5))", []),
    ('gettype("a")', "string"),
    ("gettype(1)", "long"),
    ("gettype(int(1))", "int"),
    ("gettype(1.5)", "real"),
    ("gettype(dynamic([1]))", "array"),
    ('gettype(dynamic({"a":1}))', "dictionary"),
    ("gettype(dynamic(null))", "null"),
    ("gettype(now())", "datetime"),
    ("gettype(1d)", "timespan"),
    ("gettype(dynamic(1))", "long"),
    ("gettype(guid(null))", "guid"),
    ("gettype(true)", "bool"),
    ("gettype(decimal(1))", "decimal"),
    ("gettype(dynamic(1.5))", "double"),
    ("gettype(dynamic(true))", "bool"),
    ('strcat_array(dynamic([1,2]),"->")', "1->2"),
    ('strcat_array(dynamic([]),"-")', ""),
    ('strcat_array(dynamic(null),"-")', ""),
    (
        'dynamic_to_json(dynamic({"b":1,"a":[1.0,{"d":1,"c":2}]}))',
        '{"a":[1.0,{"c":2,"d":1}],"b":1}',
    ),
    ('parse_json(\'{"a":[1,{"b":"x"}]}\').a[1].b', "x"),
    ('tostring(parse_json(\'{"a":"1"}\').a)', "1"),
    ('toint(parse_json(\'{"a":"1"}\').a)', 1),
    ("parse_json('{\"a\":1}').b", None),
    ("isnull(parse_json('{\"a\":null}').a)", True),
]


@pytest.mark.parametrize(("expression", "expected"), VALUES, ids=lambda v: str(v)[:60])
def test_value_of_an_expression(kql_engine: Engine, expression: str, expected: object) -> None:
    found = kql_engine.run(f"print x = {expression}")[1][0][0]
    assert found == (pytest.approx(expected) if isinstance(expected, float) else expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{ "a" : [1, 2.50] }', {"a": [1, 2.5]}),
        ('{"finance":"inf, nan"}', {"finance": "inf, nan"}),
        ("plain", "plain"),
        ('"quoted"', "quoted"),
        ("[1,", "[1,"),
        ("[1,]", "[1,]"),
        ('{"a":NaN}', '{"a":NaN}'),
        ("nan", "nan"),
        ("-Infinity", "-Infinity"),
        ("", None),
        ("  ", None),
        ("null", None),
        ("1.50", 1.5),
        ("12345678901234567890123", 12345678901234567890123),
        ('{"\\u00e9":"\\ud83d\\ude00"}', {"é": "😀"}),
        ("{'a':1}", "{'a':1}"),
        ("True", "True"),
        ("true", True),
    ],
    ids=str,
)
def test_json_of_a_column(kql_engine: Engine, text: str, expected: object) -> None:
    """Texts of a column are parsed by the engine, constants by the compiler; both agree."""
    quoted = "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
    column = f"datatable(t:string)[{quoted}] | project x = parse_json(t)"
    assert kql_engine.run(column)[1] == [(expected,)]
    assert kql_engine.run(f"print x = parse_json({quoted})")[1] == [(expected,)]


def test_a_list_of_arrays_holds_their_elements(kql_engine: Engine) -> None:
    query = """
        datatable(a:dynamic)[dynamic([1,2]), dynamic([]), dynamic({"x":1}), dynamic(null)]
        | summarize make_list(a), make_list(a, 1), make_list(pack_array(a))
    """
    expected = ([1, 2, {"x": 1}], [1], [[1, 2], [], {"x": 1}, None])
    assert kql_engine.run(query)[1] == [expected]


def test_a_list_of_texts_holds_the_texts(kql_engine: Engine) -> None:
    query = "datatable(a:string)['[1]', 'b'] | summarize make_list(a)"
    assert kql_engine.run(query)[1] == [(["[1]", "b"],)]
