"""What the generated telemetry is about: the services of a made-up shop, what its operations call
and say, and which keys its customDimensions have. Facts and a seeded drawing of them; no rows yet.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import log
from random import Random

ROUTES = 60
"""Operations that clients call; how often follows Zipf's law, the first one most."""
MEAN_CALLS = 3.0
"""Dependencies that a request has, on average."""
LOCAL_CALLS = 4
"""Calls that a request may make beside those to other services of the shop."""
MAX_STEPS = 8
"""Requests of one operation."""

HOT_KEYS = (
    ("tenant", 400),
    ("feature", 24),
    ("environment", 3),
    ("region", 6),
    ("build", 40),
    ("plan", 4),
    ("experiment", 12),
    ("device", 5),
    ("currency", 9),
    ("channel", 7),
    ("cache", 2),
    ("shard", 64),
)
"""Keys that most items carry, and how many values each has."""
RARE_KEYS = 288
"""Further keys; an item carries a few of them."""


@dataclass(frozen=True)
class Role:
    """A service: its name, how many instances it runs on, its versions, what an item stands for."""

    name: str
    instances: int
    versions: tuple[str, ...]
    item_count: int = 1


ROLES = (
    Role("web-frontend", 12, ("4.2.0", "4.3.0", "4.3.1")),
    Role("orders-api", 6, ("1.8.0", "1.8.1", "1.8.2")),
    Role("catalog-api", 8, ("2.0.4", "2.1.0", "2.1.1")),
    Role("payments", 4, ("0.9.7", "0.9.8", "0.9.9")),
    Role("inventory", 4, ("3.3.0", "3.3.1", "3.4.0")),
    Role("search-api", 6, ("7.0.0", "7.1.0", "7.2.0"), item_count=4),
    Role("notifications", 2, ("1.0.0", "1.0.1", "1.0.2")),
    Role("recommendations", 3, ("5.5.0", "5.6.0", "5.6.1"), item_count=2),
)

_NOUNS = (
    "products", "products/{id}", "cart", "checkout", "orders", "orders/{id}", "search", "account",
    "reviews", "wishlist", "stock", "prices", "coupons", "invoices", "addresses", "sessions",
    "images/{id}", "categories", "brands", "offers",
)  # fmt: skip
_VERBS = ("GET", "POST", "PUT")
_LOCAL = (
    ("SQL", "sql-{role}", "{role}.orders", "SELECT id, state FROM {role}.orders WHERE id = @p0", 9.0),
    ("SQL", "sql-{role}", "{role}.items", "SELECT * FROM {role}.items WHERE owner = @p0 ORDER BY at", 14.0),
    ("SQL", "sql-{role}", "{role}.audit", "INSERT INTO {role}.audit (id, at, what) VALUES (@p0, @p1, @p2)", 6.0),
    ("Redis", "cache-{role}", "GET", "GET {role}:item", 1.2),
    ("Redis", "cache-{role}", "SETEX", "SETEX {role}:item 60", 1.5),
    ("Azure blob", "media.blob.example", "GET images", "https://media.blob.example/images", 31.0),
    ("Azure queue", "jobs.queue.example", "POST jobs", "https://jobs.queue.example/jobs", 22.0),
    ("HTTP", "api.stripe.example", "POST /v1/charges", "https://api.stripe.example/v1/charges", 180.0),
    ("HTTP", "geo.example", "GET /lookup", "https://geo.example/lookup", 45.0),
    ("InProc", "", "render", "", 3.0),
)  # fmt: skip
_LINES = (
    (1, "Order {n} of tenant t{t} processed in {ms} ms"),
    (1, "Cache miss for item {n}, reading from the database"),
    (0, "Entering handler {op} with {n} arguments"),
    (1, "User u{n} signed in from {t}"),
    (2, "Slow query took {ms} ms for tenant t{t}"),
    (2, "Retrying call {t} of 3 after timeout"),
    (1, "Sent {n} bytes to client"),
    (3, "Connection to upstream refused, request {n} gave up"),
)
_LINE_WEIGHTS = (30, 22, 12, 14, 5, 4, 12, 1)
_PROBLEMS = (
    ("TimeoutError", "charge", "timed out after {ms} ms"),
    ("ConnectionError", "connect", "connection to sql-{role} refused"),
    ("ValueError", "parse", "invalid literal for quantity: {n}"),
    ("KeyError", "lookup", "no item {n}"),
    ("PaymentDeclined", "charge", "card of order {n} declined"),
    ("IntegrityError", "insert", "duplicate key {n}"),
)


@dataclass
class Step:
    """A request of a route. A failure below it fails it too: `low` to `high` are the draws."""

    route: int
    step: int
    parent: int
    role: int
    name: str
    url: str
    base_ms: float
    low: float = 0.0
    own: float = 0.0
    high: float = 0.0


@dataclass
class Call:
    """A dependency of a step; `callee` is the step that it reaches, -1 for none of the shop."""

    route: int
    step: int
    call: int
    kind: str
    target: str
    name: str
    data: str
    base_ms: float
    callee: int


@dataclass
class Shop:
    """Everything that operations do."""

    steps: list[Step] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)

    @property
    def mean_steps(self) -> float:
        """Requests of an operation, on average."""
        return sum(_weight(step.route) for step in self.steps)

    @property
    def local_share(self) -> float:
        """How often a call outside of the shop is made, so that the mean of all calls is right."""
        inside = sum(_weight(call.route) for call in self.calls if call.callee >= 0)
        outside = sum(_weight(call.route) for call in self.calls if call.callee < 0)
        return (MEAN_CALLS * self.mean_steps - inside) / outside


def draw_shop(seed: int) -> Shop:
    """Return the shop of a seed."""
    rng = Random(seed)
    shop = Shop()
    for route in range(ROUTES):
        noun = _NOUNS[route % len(_NOUNS)]
        verb = _VERBS[route // len(_NOUNS)]
        _add_step(shop, rng, route, -1, 0, f"{verb} /{noun}", 0)
        _fail_shares(shop, rng, route)
    return shop


def lines() -> list[tuple[int, float, int, str]]:
    """Return (number, share up to and with it, severity, text) of log lines."""
    total, upto, rows = sum(_LINE_WEIGHTS), 0, []
    for number, ((severity, text), weight) in enumerate(zip(_LINES, _LINE_WEIGHTS, strict=True)):
        upto += weight
        rows.append((number, upto / total, severity, text))
    return rows


def problems() -> list[tuple[int, str, str, str]]:
    """Return (number, type, method, message) of exceptions."""
    return [(number, *problem) for number, problem in enumerate(_PROBLEMS)]


def _weight(route: int) -> float:
    return log((route + 2) / (route + 1)) / log(ROUTES + 1)


def _add_step(
    shop: Shop, rng: Random, route: int, parent: int, role: int, name: str, depth: int
) -> int:
    mine = [step for step in shop.steps if step.route == route]
    number = len(mine)
    path = name.partition(" ")[2]
    step = Step(route, number, parent, role, name, f"http://{ROLES[role].name}{path}", 0.0)
    shop.steps.append(step)
    base = rng.uniform(2, 12)
    for call in range(LOCAL_CALLS):
        kind, target, title, data, ms = rng.choice(_LOCAL)
        service = ROLES[role].name.partition("-")[0]
        shop.calls.append(
            Call(
                route,
                number,
                call,
                kind,
                target.format(role=service),
                title.format(role=service),
                data.format(role=service),
                ms * rng.uniform(0.5, 2),
                -1,
            )
        )
        base += shop.calls[-1].base_ms * 0.6
    for child in range(rng.choice((0, 1, 1, 2, 3)) if depth == 0 else rng.choice((0, 0, 1))):
        if len([step for step in shop.steps if step.route == route]) == MAX_STEPS:
            break
        callee = rng.randrange(1, len(ROLES))
        title = f"{rng.choice(_VERBS)} /api/{rng.choice(_NOUNS)}"
        reached = _add_step(shop, rng, route, number, callee, title, depth + 1)
        ms = next(s for s in shop.steps if (s.route, s.step) == (route, reached)).base_ms + 2
        base += ms
        url = f"http://{ROLES[callee].name}{title.partition(' ')[2]}"
        call = LOCAL_CALLS + child
        shop.calls.append(
            Call(route, number, call, "HTTP", ROLES[callee].name, title, url, ms, reached)
        )
    step.base_ms = base
    return number


def _fail_shares(shop: Shop, rng: Random, route: int) -> None:
    """Give the steps of a route neighbouring intervals, so that a subtree is one interval."""
    upto = 0.0
    mine = [step for step in shop.steps if step.route == route]
    for step in mine:
        step.low = upto
        upto += rng.choice((0.0005, 0.002, 0.004, 0.02, 0.06)) * rng.uniform(0.5, 1.5)
        step.own = upto
    for step in mine:
        below = _subtree(mine, step.step)
        step.high = max(other.own for other in below)


def _subtree(steps: list[Step], root: int) -> list[Step]:
    found = [step for step in steps if step.step == root]
    for step in steps:
        if step.parent == root:
            found += _subtree(steps, step.step)
    return found
