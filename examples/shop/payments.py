"""Charges cards. One issuer is slow, and now and then it is away."""

from __future__ import annotations

import random
import time

from flask import Flask, jsonify, request

from telemetry import instrument, serve

app = Flask(__name__)
log = instrument("payments", app)

ISSUERS = {
    # name: (median seconds, spread, share of refusals, share of outages)
    "visa": (0.030, 0.4, 0.005, 0.000),
    "amex": (0.045, 0.5, 0.010, 0.002),
    "tealeaf": (0.120, 0.9, 0.020, 0.060),
}


class IssuerUnavailable(Exception):
    """The card issuer did not answer."""


class CardDeclined(Exception):
    """The card issuer said no."""


def ask(issuer):
    """Wait as long as the issuer takes, and fail as often as it fails."""
    median, spread, refusals, outages = ISSUERS[issuer]
    time.sleep(min(median * random.lognormvariate(0, spread), 2.0))
    luck = random.random()
    if luck < outages:
        raise IssuerUnavailable(f"{issuer} did not answer within 2 s")
    if luck < outages + refusals:
        raise CardDeclined(f"{issuer} declined the card")


@app.post("/charge")
def charge():
    wanted = request.get_json()
    try:
        ask(wanted["issuer"])
    except CardDeclined:
        log.exception(
            "card declined",
            extra={"custom_dimensions": {"issuer": wanted["issuer"], "amount": wanted["amount"]}},
        )
        return jsonify(error="declined"), 402
    except IssuerUnavailable:
        log.exception(
            "issuer away",
            extra={"custom_dimensions": {"issuer": wanted["issuer"], "amount": wanted["amount"]}},
        )
        return jsonify(error="issuer unavailable"), 503
    return jsonify(charged=wanted["amount"])


if __name__ == "__main__":
    serve(app)
