"""Mistakes that people make in KQL: each is told its place, its word and what was meant."""

from __future__ import annotations

import pytest

MISTAKES = [
    ("requests | were success == 'True'", 1, 12, "were", "'where'"),
    ("request | take 5", 1, 1, "request", "'requests'"),
    ("Requests | take 5", 1, 1, "Requests", "'requests'"),
    ("AppRequest | take 1", 1, 1, "AppRequest", "'AppRequests'"),
    ("requests | where sucess == 'True'", 1, 18, "sucess", "'success'"),
    ("requests | summarize cout() by name", 1, 22, "cout", "'count'"),
    ("requests | COUNT", 1, 12, "COUNT", "'count'"),
    ("requests | sort by timestmp", 1, 20, "timestmp", "'timestamp'"),
    ("requests | project-way name", 1, 12, "project-way", "'project-away'"),
    ("requests | extend x = substr(name, 0, 1)", 1, 23, "substr", "'substring'"),
    ("requests | join dependencies on operation_id", 1, 33, "operation_id", "'operation_Id'"),
    ("requests | join kind=outer dependencies on id", 1, 22, "outer", "outer'"),
    ("requests\n| where name == 'a'\n| prject name", 3, 3, "prject", "'project'"),
    ("requests | where name = 'x'", 1, 23, "=", "'=='"),
    ("requests | where name contain 'x'", 1, 23, "contain", "'contains'"),
    ("requests where success == 'True'", 1, 10, "where", "'|'"),
    ("let x = 5\nrequests | take x", 2, 1, "requests", "';'"),
    ("requests | project name duration", 1, 25, "duration", "','"),
    ("requests | where name like '%x'", 1, 23, "like", "contains"),
    ("select * from requests", 1, 1, "select", "| project"),
    ("requests | group by name", 1, 12, "group", "summarize"),
]


@pytest.mark.parametrize(
    ("text", "line", "column", "token", "hint"), MISTAKES, ids=[row[0] for row in MISTAKES]
)
def test_a_mistake_names_its_place_and_what_was_meant(target, text, line, column, token, hint):
    mistake = target.query(text).mistake

    assert (mistake["line"], mistake["pos"]) == (line, column)
    assert mistake["token"].split(" ")[0] == token
    assert hint in (mistake["suggestion"] or "")


@pytest.mark.parametrize(
    ("text", "line", "column", "says"),
    [
        ("requests | where duration > 100 and", 1, 36, "end of the query"),
        ("requests | summarize count() by", 1, 32, "group by"),
        ("requests | where name == 'x", 1, 26, "not closed"),
        ("requests | order timestamp desc", 1, 18, "'by'"),
        ("requests | where timestamp > ago(1)", 1, 34, "timespan"),
        ("requests | summarize avg(name)", 1, 26, "number"),
        ("requests | top 5 timestamp", 1, 18, "'by'"),
        ("requests | take", 1, 16, "end of the query"),
        ("requests | take 5 |", 1, 20, "operator"),
        ("requests | extend x = iff(success, 1)", 1, 23, "3 arguments"),
        ("requests | where timestamp between (ago(1d), now())", 1, 44, "'..'"),
        ("requests | summarize percentile(duration)", 1, 22, "2 arguments"),
        ("requests | where timestamp > datetime(yesterday)", 1, 30, "datetime"),
        ("requests | where (duration > 5", 1, 31, "')'"),
        ("requests | where duration > 5)", 1, 30, "')'"),
        ("requests | limit five", 1, 18, "'five'"),
    ],
)
def test_a_mistake_without_a_near_miss_says_what_is_missing(target, text, line, column, says):
    mistake = target.query(text).mistake

    assert (mistake["line"], mistake["pos"]) == (line, column)
    assert says in mistake["message"]
