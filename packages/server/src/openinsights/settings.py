"""Every setting of the server and the command line: one row each, resolved once, frozen afterwards.

What lives here: the rows, their types and defaults, and the pure `resolve()` that decides which
value wins (explicit, then environment, then the settings file, then the default). What does not:
reading the file or the environment, which the callers at the edge pass in.
"""

from __future__ import annotations

import dataclasses
import difflib
import ipaddress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from openinsights.errors import OpenInsightsError
from openinsights.value_readers import READERS, text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ENVIRONMENT_PREFIX = "OPENINSIGHTS_"
SETTINGS_FILE = "settings.toml"
"""The name of the optional settings file inside the data folder."""
UNKNOWN_KEY_POLICIES = ("create", "reject")
ALWAYS = "always"
ALL_ROLES, INGEST_ROLE, QUERY_ROLE = "all", "ingest", "query"
ROLES = (ALL_ROLES, INGEST_ROLE, QUERY_ROLE)
DISK_CAP_POLICIES = ("drop-oldest", "refuse")
PRIVATE_ADDRESS_POLICIES = ("allow", "refuse")
SMTP_TLS = ("starttls", "tls", "none")


class SettingsError(OpenInsightsError):
    """A setting has a value that cannot be used; the message names the setting and its source."""

    code = "InvalidSetting"


class Secret:
    """A text that never shows itself: `str()` and `repr()` print ***."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the text itself, for the one place that needs it."""
        return self._value

    def __repr__(self) -> str:
        return "***"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)


@dataclass(frozen=True, slots=True)
class Setting:
    """What documentation and `resolve()` know of one setting.

    Attributes:
        zero: whether 0 has a meaning of its own beside a default that is not 0.
    """

    name: str
    type: str
    default: object
    unit: str
    doc: str
    zero: bool = False

    @property
    def environment_variable(self) -> str:
        """The environment variable that sets it."""
        return ENVIRONMENT_PREFIX + self.name.upper()


def _doc(doc: str, unit: str = "", *, zero: bool = False) -> dict[str, str | bool]:
    return {"doc": doc, "unit": unit, "zero": zero}


@dataclass(frozen=True, slots=True)
class Settings:
    """The resolved values. Each field is one row: name, type, default, unit and sentence."""

    data: Path | None = field(
        default=None,
        metadata=_doc("The data folder; without one the user's own data folder is used."),
    )
    store: Secret = field(
        default=Secret(""),
        metadata=_doc(
            "Where telemetry rests: clickhouse://user:password@host:8123/database, which"
            " openinsights store init makes the tables of; without a value in day files of the data"
            " folder."
        ),
    )
    catalog: Secret = field(
        default=Secret(""),
        metadata=_doc(
            "The PostgreSQL database that keeps what is configured, for several servers:"
            " postgresql://user:password@host:5432/database. Without one it is a file in the data"
            " folder."
        ),
    )
    role: str = field(
        default=ALL_ROLES,
        metadata=_doc(
            "What this one of several servers does: ingest takes telemetry, query answers and"
            " watches over rules, tests and retention, all does both."
        ),
    )
    host: str = field(
        default="127.0.0.1", metadata=_doc("The address on which the server listens.")
    )
    port: int = field(
        default=5380, metadata=_doc("The TCP port on which the server listens; 0 takes a free one.")
    )
    otlp_grpc_port: int = field(
        default=4317,
        metadata=_doc(
            "The TCP port that takes OpenTelemetry over gRPC; 0 is off. One that is taken is"
            " reported and left."
        ),
    )
    otlp_http_port: int = field(
        default=4318,
        metadata=_doc(
            "The further TCP port that takes OpenTelemetry over HTTP; 0 is off. One that is taken"
            " is reported and left."
        ),
    )
    otlp_resource: str = field(
        default="default",
        metadata=_doc(
            "The name of the resource that takes OpenTelemetry without an instrumentation key; it"
            " is made when it is first needed if unknown keys make resources. Empty refuses it."
        ),
    )
    public_url: str = field(
        default="",
        metadata=_doc(
            "The URL under which applications reach the server, as printed in connection strings."
        ),
    )
    tls: str = field(
        default="",
        metadata=_doc(
            "auto serves https with a certificate that the server makes, signed by an authority of"
            " its own in the data folder."
        ),
    )
    tls_certificate: Path | None = field(
        default=None,
        metadata=_doc("A certificate in PEM with the chain behind it, to serve https with."),
    )
    tls_key: Path | None = field(
        default=None, metadata=_doc("The key of that certificate, in PEM and without a password.")
    )
    ca_file: Path | None = field(
        default=None,
        metadata=_doc(
            "Certificates in PEM that the command line trusts beside the system's; without it those"
            " that `--tls auto` made in the data folder."
        ),
    )
    unknown_keys: str = field(
        default="",
        metadata=_doc(
            "What an unknown instrumentation key does: create makes its own resource, reject refuses"
            " the item. Without a value: create on loopback, reject beyond."
        ),
    )
    max_resources_from_keys: int = field(
        default=1000,
        metadata=_doc(
            "The number of resources from which on an unknown key no longer makes another.",
            "resources",
        ),
    )
    sign_in: str = field(
        default="",
        metadata=_doc(
            "Who has to sign in or show a key: always is everybody. Without a value nobody on this"
            " machine, as long as the server listens on loopback; everybody beyond."
        ),
    )
    session_idle_s: float = field(
        default=12 * 3600.0,
        metadata=_doc("The time after which an unused sign-in to the portal ends.", "s"),
    )
    session_longest_s: float = field(
        default=7 * 24 * 3600.0,
        metadata=_doc("The time after which any sign-in to the portal ends.", "s"),
    )
    openid_issuer: str = field(
        default="",
        metadata=_doc(
            "The issuer of an OpenID provider that signs people in and whose tokens services show."
        ),
    )
    openid_client_id: str = field(
        default="", metadata=_doc("What the OpenID provider knows this server by.")
    )
    openid_client_secret: Secret = field(
        default=Secret(""),
        metadata=_doc("The secret that belongs to it; none for a public client."),
    )
    openid_scopes: str = field(
        default="openid profile email",
        metadata=_doc("The scopes that are asked for when somebody signs in."),
    )
    openid_groups: str = field(
        default="groups,roles",
        metadata=_doc("The claims of a token that name groups, separated by commas."),
    )
    openid_roles: str = field(
        default="",
        metadata=_doc(
            "Roles by group, separated by commas: GROUP=ROLE for every resource,"
            " GROUP=ROLE:RESOURCE for one. The group * is everybody whom the provider knows."
        ),
    )
    openid_audiences: str = field(
        default="",
        metadata=_doc(
            "The audiences that tokens of services may have, separated by commas; without a value"
            " openid_client_id."
        ),
    )
    url: str = field(default="", metadata=_doc("The server that the command line talks to."))
    api_key: Secret = field(
        default=Secret(""),
        metadata=_doc("The API key that the command line shows to the server."),
    )
    max_query_rows: int = field(
        default=500_000,
        metadata=_doc("The most rows of one query result; more are cut off and reported.", "rows"),
    )
    max_query_result_bytes: int = field(
        default=64 * 1024 * 1024,
        metadata=_doc(
            "The most text of one query result; rows beyond are cut off and reported.", "bytes"
        ),
    )
    max_query_cells: int = field(
        default=2_500_000,
        metadata=_doc(
            "The most cells (rows times columns) of one query result, which bounds its memory; rows"
            " beyond are cut off and reported.",
            "cells",
        ),
    )
    query_timeout_s: float = field(
        default=180.0,
        metadata=_doc("The time after which a query is given up when its caller names none.", "s"),
    )
    max_query_timeout_s: float = field(
        default=600.0, metadata=_doc("The longest time that a caller may grant a query.", "s")
    )
    max_query_body_bytes: int = field(
        default=1_048_576,
        metadata=_doc("The longest request body of a query or a management call.", "bytes"),
    )
    queries_at_once: int = field(
        default=4, metadata=_doc("The number of queries that run at the same time.", "queries")
    )
    max_waiting_queries: int = field(
        default=200,
        metadata=_doc(
            "The number of queries that may wait for their turn; more get 429.", "queries"
        ),
    )
    heavy_query_s: float = field(
        default=3.0,
        metadata=_doc(
            "The time after which a query gives its place to another and goes on beside.", "s"
        ),
    )
    heavy_queries_at_once: int = field(
        default=2,
        metadata=_doc("The number of queries that go on so at the same time.", "queries"),
    )
    max_query_characters: int = field(
        default=1_000_000,
        metadata=_doc("The longest text of a query.", "characters"),
    )
    max_query_words: int = field(
        default=60_000,
        metadata=_doc("The most words, numbers and signs of a query.", "words"),
    )
    max_query_operators: int = field(
        default=5_000,
        metadata=_doc(
            "The most operators of a query, each use of a variable counted.", "operators"
        ),
    )
    max_query_columns: int = field(
        default=5_000,
        metadata=_doc("The most columns of any table that a query makes.", "columns"),
    )
    max_query_tables: int = field(
        default=500,
        metadata=_doc(
            "The most readings of tables in a query, each use of a variable counted.", "tables"
        ),
    )
    max_query_results: int = field(
        default=100,
        metadata=_doc("The most tables that one query has as its result.", "tables"),
    )
    max_track_body_bytes: int = field(
        default=16 * 1024 * 1024,
        metadata=_doc("The longest telemetry body as it is sent.", "bytes"),
    )
    max_track_unpacked_bytes: int = field(
        default=32 * 1024 * 1024,
        metadata=_doc("The longest telemetry body once it is unpacked.", "bytes"),
    )
    max_items_per_s: int = field(
        default=32_000,
        metadata=_doc(
            "The items per second that one resource may send, averaged over a minute; 0 means no"
            " bound.",
            "items/s",
            zero=True,
        ),
    )
    reader_processes: int = field(
        default=1,
        metadata=_doc(
            "The processes beside the server that read telemetry while much of it comes, one less"
            " than there are processors at most; 0 leaves it to the server.",
            "processes",
            zero=True,
        ),
    )
    geo_database: Path | None = field(
        default=None,
        metadata=_doc(
            "A database of places in MaxMind's format (.mmdb): the cities, regions and countries of"
            " senders' addresses come from it. Without one these columns hold only what senders"
            " say."
        ),
    )
    max_live_viewers: int = field(
        default=64,
        metadata=_doc("The number of live views that may be open at the same time.", "views"),
    )
    engine_memory_bytes: int = field(
        default=128 * 1024 * 1024,
        metadata=_doc("What the storage engine may hold in memory before it uses disk.", "bytes"),
    )
    engine_threads: int = field(
        default=0,
        metadata=_doc("The threads that one query may use; 0 lets the engine choose.", "threads"),
    )
    min_free_disk_bytes: int = field(
        default=512 * 1024 * 1024,
        metadata=_doc("The free disk space below which telemetry is refused.", "bytes"),
    )
    retention_days: int = field(
        default=90,
        metadata=_doc(
            "The days before today for which telemetry is kept, where its resource says nothing.",
            "days",
        ),
    )
    max_disk_bytes: int = field(
        default=0,
        metadata=_doc(
            "What telemetry may take on the disk; 0 means no bound but the free space.", "bytes"
        ),
    )
    disk_cap_policy: str = field(
        default="drop-oldest",
        metadata=_doc(
            "What happens at max_disk_bytes: drop-oldest drops the oldest days, never today's;"
            " refuse refuses telemetry."
        ),
    )
    metrics_endpoint: bool = field(
        default=True,
        metadata=_doc("Whether /metrics answers with what the server measures of itself."),
    )
    self_telemetry: bool = field(
        default=True,
        metadata=_doc(
            "Whether the server reports on itself as telemetry, in the resource openinsights."
        ),
    )
    self_telemetry_interval_s: float = field(
        default=60.0, metadata=_doc("The time between two such reports.", "s")
    )
    local_probes: bool = field(
        default=True,
        metadata=_doc("Whether the server runs availability tests itself, at the location local."),
    )
    journeys: Path | None = field(
        default=None,
        metadata=_doc(
            "The folder with the Python files of journeys: availability tests that a process of"
            " their own runs. Without one there are none."
        ),
    )
    private_addresses: str = field(
        default="",
        metadata=_doc(
            "Whether availability tests and notifications may call addresses of this machine and of"
            " private networks: allow or refuse. Without a value: allow as long as the server"
            " listens on loopback, refuse beyond. Metadata services of clouds are never called."
        ),
    )
    smtp_host: str = field(
        default="",
        metadata=_doc("The mail server through which alerts are mailed; none mails nothing."),
    )
    smtp_port: int = field(default=587, metadata=_doc("The TCP port of the mail server."))
    smtp_tls: str = field(
        default="starttls",
        metadata=_doc(
            "How the mail server is spoken to: starttls, tls from the first byte on, or none."
        ),
    )
    smtp_user: str = field(
        default="", metadata=_doc("Who signs in at the mail server; nobody does without a value.")
    )
    smtp_password: Secret = field(
        default=Secret(""), metadata=_doc("The password with which that user signs in.")
    )
    smtp_password_file: Path | None = field(
        default=None, metadata=_doc("A file that holds that password instead, and nothing else.")
    )
    smtp_sender: str = field(
        default="",
        metadata=_doc(
            "The address that mail comes from; openinsights at the mail server without a value."
        ),
    )
    alert_programs: str = field(
        default="",
        metadata=_doc(
            "The programs that action groups may start, by their whole paths, separated by commas;"
            " none without a value."
        ),
    )
    alerts: bool = field(
        default=True,
        metadata=_doc("Whether alert rules are evaluated."),
    )
    detection: bool = field(
        default=True,
        metadata=_doc("Whether smart detection watches the telemetry of resources."),
    )
    alert_query_timeout_s: float = field(
        default=30.0,
        metadata=_doc("The longest time that one question of an alert rule may take.", "s"),
    )
    stop_timeout_s: float = field(
        default=10.0,
        metadata=_doc("The time that requests in flight get to finish when the server stops.", "s"),
    )

    @property
    def is_loopback(self) -> bool:
        """Whether the server listens on this machine's loopback address only."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def trusts_loopback(self) -> bool:
        """Whether those on this machine are served without being asked who they are."""
        return self.is_loopback and self.sign_in != ALWAYS

    @property
    def allows_private_addresses(self) -> bool:
        """Whether the server may call private addresses that somebody configured."""
        policy = self.private_addresses or ("allow" if self.is_loopback else "refuse")
        return policy == "allow"

    @property
    def unknown_key_policy(self) -> str:
        """`create` or `reject`, with the default that fits the host."""
        return self.unknown_keys or ("create" if self.is_loopback else "reject")


def rows() -> tuple[Setting, ...]:
    """Return every setting in the order of declaration, for documentation and for lookups."""
    return tuple(
        Setting(
            name=row.name,
            type=str(row.type),
            default=row.default,
            unit=row.metadata["unit"],
            doc=row.metadata["doc"],
            zero=row.metadata["zero"],
        )
        for row in dataclasses.fields(Settings)
    )


def resolve(
    explicit: Mapping[str, object] | None = None,
    environ: Mapping[str, str] | None = None,
    file: Mapping[str, object] | None = None,
) -> Settings:
    """Return the settings: explicit beats environment beats file beats default.

    Args:
        explicit: values by setting name, None meaning "not given" (options of a command).
        environ: environment variables; an empty value counts as not given.
        file: the settings file's content by setting name.

    Raises:
        SettingsError: a value does not fit its setting, or the file names an unknown setting.
    """
    known = {setting.name: setting for setting in rows()}
    explicit, environ, file = explicit or {}, environ or {}, file or {}
    for name in (*explicit, *file):
        if name not in known:
            raise SettingsError(_unknown(name, known))
    values: dict[str, object] = {}
    for name, setting in known.items():
        candidates = (
            (f"option --{name.replace('_', '-')}", explicit.get(name)),
            (f"variable {setting.environment_variable}", _given(environ, setting)),
            (f"{name} of the settings file", file.get(name)),
        )
        for source, value in candidates:
            if value is not None:
                values[name] = _read(setting, value, source)
                break
    return Settings(**values)  # type: ignore[arg-type]  # each value was read by its row's type


def user_data_folder(environ: Mapping[str, str], platform: str, home: Path) -> Path:
    """Return the folder in which this platform keeps a user's application data.

    Args:
        environ: environment variables.
        platform: as `sys.platform` spells it.
        home: the user's home folder.
    """
    if platform == "win32":
        return Path(environ.get("LOCALAPPDATA") or home / "AppData" / "Local") / "OpenInsights"
    if platform == "darwin":
        return home / "Library" / "Application Support" / "OpenInsights"
    return Path(environ.get("XDG_DATA_HOME") or home / ".local" / "share") / "openinsights"


def normal_url(text: str) -> str:
    """Return an http(s) URL with exactly one slash at its end.

    Raises:
        ValueError: it is no absolute http(s) URL, or holds what no connection string can carry.
    """
    parts = urlsplit(text.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("it must look like http://host:port/")
    if parts.query or parts.fragment or "=" in text or ";" in text:
        raise ValueError("it must hold no query, no fragment, no '=' and no ';'")
    return text.strip().rstrip("/") + "/"


def _given(environ: Mapping[str, str], setting: Setting) -> str | None:
    return environ.get(setting.environment_variable) or None


def _unknown(name: str, known: Mapping[str, Setting]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return f"cannot use setting {name!r}: there is no such setting{hint}"


def _read(setting: Setting, value: object, source: str) -> object:
    try:
        return _checked(setting, _READERS[setting.type](value))
    except (TypeError, ValueError) as error:
        raise SettingsError(f"cannot use {source} = {value!r}: {error}") from None


def _secret(value: object) -> Secret:
    return Secret(text(value))


_READERS: Mapping[str, Callable[[object], object]] = {**READERS, "Secret": _secret}


def _checked(setting: Setting, value: object) -> object:
    if setting.name in ("public_url", "url") and value:
        return normal_url(str(value))
    if setting.name == "unknown_keys" and value and value not in UNKNOWN_KEY_POLICIES:
        raise ValueError(f"it must be one of {', '.join(UNKNOWN_KEY_POLICIES)}")
    if setting.name == "role" and value not in ROLES:
        raise ValueError(f"it must be one of {', '.join(ROLES)}")
    if setting.name == "sign_in" and value not in ("", ALWAYS):
        raise ValueError(f"it must be {ALWAYS}, or have no value")
    if setting.name == "private_addresses" and value and value not in PRIVATE_ADDRESS_POLICIES:
        raise ValueError(f"it must be one of {', '.join(PRIVATE_ADDRESS_POLICIES)}")
    if setting.name == "smtp_tls" and value not in SMTP_TLS:
        raise ValueError(f"it must be one of {', '.join(SMTP_TLS)}")
    if setting.name == "disk_cap_policy" and value not in DISK_CAP_POLICIES:
        raise ValueError(f"it must be one of {', '.join(DISK_CAP_POLICIES)}")
    if (
        setting.name in ("port", "otlp_grpc_port", "otlp_http_port", "smtp_port")
        and not 0 <= int(str(value)) <= 65535
    ):
        raise ValueError("it must lie between 0 and 65535")
    if setting.unit and isinstance(value, int | float):
        may_be_zero = setting.default == 0 or setting.zero
        if may_be_zero and not value >= 0:
            raise ValueError("it must not be negative")
        if not may_be_zero and not value > 0:
            raise ValueError("it must be greater than 0")
    return value
