"""Options as an object that a program may change, as the retired package had them.

Exporters use ``options``; this is for programs and subclasses that make options themselves. Nothing
is checked here but the shape of connection strings and of a credential.
"""

from __future__ import annotations

import os
from dataclasses import fields
from typing import Any

from opencensus.ext.azure.common import options as rows
from opencensus.ext.azure.common.base_object import BaseObject
from openinsights_wire.connection_string import (
    DEFAULT_INGESTION_ENDPOINT,
    INVALID_AUTHORIZATION,
    INVALID_STRING,
)

INGESTION_ENDPOINT = "ingestionendpoint"
INSTRUMENTATION_KEY = "instrumentationkey"
TEMPDIR_PREFIX = "opencensus-python-"


class Options(BaseObject):
    """All options by name; what is not given has its default, key and endpoint are looked up.

    Raises:
        ValueError: A connection string has a part that is no ``key=value``, or asks for another
            authorization than that by key; or the credential hands out no tokens.
    """

    _default = BaseObject(
        {
            **{row.name: row.default for row in fields(rows.Options)},
            "instrumentation_key": None,
            "proxies": None,
        }
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        process_options(self)


def process_options(options: Any) -> None:
    """Fill in key, endpoint, storage path and proxies from connection strings and environment.

    Raises:
        ValueError: See :class:`Options`.
    """
    in_code = parse_connection_string(options.connection_string)
    around = parse_connection_string(os.environ.get(rows.CONNECTION_STRING_VARIABLE))
    options.instrumentation_key = (
        in_code.get(INSTRUMENTATION_KEY)
        or options.instrumentation_key
        or around.get(INSTRUMENTATION_KEY)
        or os.environ.get(rows.INSTRUMENTATION_KEY_VARIABLE)
    )
    options.endpoint = (
        in_code.get(INGESTION_ENDPOINT)
        or around.get(INGESTION_ENDPOINT)
        or DEFAULT_INGESTION_ENDPOINT
    )
    if options.credential and not hasattr(options.credential, "get_token"):
        raise ValueError("Must pass in valid TokenCredential.")
    if options.storage_path is None:
        import tempfile

        folder = TEMPDIR_PREFIX + (options.instrumentation_key or "")
        options.storage_path = os.path.join(tempfile.gettempdir(), folder)  # noqa: PTH118 - a text
    if options.proxies is None:
        options.proxies = "{}"


def parse_connection_string(connection_string: str | None) -> dict[str, str | None]:
    """Return the parts of a connection string by their names in lower case, none when it is empty.

    ``ingestionendpoint`` is always among them: as it stands there, else as ``EndpointSuffix`` and
    ``Location`` name it, else None.

    Raises:
        ValueError: A part is no ``key=value``, or the authorization is not ``ikey``.
    """
    parts = [part for part in (connection_string or "").split(";") if part.strip()]
    if not parts:
        return {}
    if not all("=" in part for part in parts):
        raise ValueError(INVALID_STRING)
    pairs = (part.partition("=") for part in parts)
    values: dict[str, str | None] = {key.strip().lower(): value.strip() for key, _, value in pairs}
    if (values.get("authorization") or "ikey").lower() != "ikey":
        raise ValueError(INVALID_AUTHORIZATION)
    values.setdefault(INGESTION_ENDPOINT, _derived_endpoint(values))
    return values


def _derived_endpoint(values: dict[str, str | None]) -> str | None:
    suffix, location = values.get("endpointsuffix"), values.get("location")
    if suffix is None:
        return None
    return f"https://{location + '.' if location else ''}dc.{suffix}"
