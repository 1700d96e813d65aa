"""Asks the queries of a JSON text with Microsoft's client, and prints what it made of the answers."""

import asyncio
import json
import os
import sys
import time
from datetime import datetime, timedelta, timezone

from azure.core.credentials import AccessToken
from azure.core.exceptions import HttpResponseError
from azure.monitor.query import LogsBatchQuery, LogsQueryClient
from azure.monitor.query.aio import LogsQueryClient as AsyncClient


class StaticToken:
    """A credential that is there already."""

    def __init__(self):
        self.scopes = []

    def get_token(self, *scopes, **_options):
        self.scopes.extend(scopes)
        return AccessToken("a token", int(time.time()) + 3600)


class AsyncStaticToken(StaticToken):
    async def get_token(self, *scopes, **options):
        return super().get_token(*scopes, **options)

    async def close(self):
        pass

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        pass


def span(asked):
    if asked.get("seconds"):
        return timedelta(seconds=asked["seconds"])
    if asked.get("between"):
        start, end = (datetime.fromisoformat(each) for each in asked["between"])
        return start, end
    if asked.get("from"):
        return datetime.fromisoformat(asked["from"]), timedelta(days=1)
    return None


def options(asked):
    return dict(asked.get("options", {}), timespan=span(asked))


def told(answer):
    tables = getattr(answer, "tables", None)
    partial = getattr(answer, "partial_data", None)
    error = getattr(answer, "partial_error", None)
    if tables is None and partial is None:
        return {"status": answer.status.value, "code": answer.code, "message": answer.message}
    return {
        "status": answer.status.value,
        "tables": [
            {
                "name": table.name,
                "columns": list(table.columns),
                "types": list(table.columns_types),
                "rows": [[shown(cell) for cell in row] for row in table.rows],
            }
            for table in tables or partial
        ],
        "statistics": getattr(answer, "statistics", None),
        "visualization": getattr(answer, "visualization", None),
        "partial": error and {"code": error.code, "message": error.message},
    }


def shown(cell):
    if isinstance(cell, datetime):
        return cell.astimezone(timezone.utc).isoformat()
    return cell


def failed(error):
    inner = error.error and error.error.innererror
    return {
        "http": error.status_code,
        "code": error.error and error.error.code,
        "inner": inner and inner.get("code"),
        "kind": type(error).__name__,
    }


def batches(asked):
    return [
        LogsBatchQuery(each["workspace"], each["query"], **options(each)) for each in asked["batch"]
    ]


def ask(client, asked):
    try:
        if "batch" in asked:
            return [told(each) for each in client.query_batch(batches(asked))]
        if "resource" in asked:
            return told(client.query_resource(asked["resource"], asked["query"], **options(asked)))
        return told(client.query_workspace(asked["workspace"], asked["query"], **options(asked)))
    except HttpResponseError as error:
        return failed(error)


async def ask_async(client, asked):
    try:
        if "batch" in asked:
            return [told(each) for each in await client.query_batch(batches(asked))]
        if "resource" in asked:
            found = client.query_resource(asked["resource"], asked["query"], **options(asked))
        else:
            found = client.query_workspace(asked["workspace"], asked["query"], **options(asked))
        return told(await found)
    except HttpResponseError as error:
        return failed(error)


async def main_async(everything, more):
    credential = AsyncStaticToken()
    async with AsyncClient(credential, **more) as client:
        answers = [await ask_async(client, asked) for asked in everything]
    return answers, credential.scopes


def main():
    everything = json.loads(sys.stdin.read() if sys.argv[1] == "-" else sys.argv[1])
    more = {"endpoint": os.environ["ENDPOINT"]}
    if os.environ.get("AUDIENCE"):
        more["audience"] = os.environ["AUDIENCE"]
    if os.environ["HOW"] == "aio":
        answers, scopes = asyncio.run(main_async(everything, more))
    else:
        credential = StaticToken()
        client = LogsQueryClient(credential, **more)
        answers, scopes = [ask(client, asked) for asked in everything], credential.scopes
    print(json.dumps({"answers": answers, "scopes": scopes}))


main()
