from __future__ import annotations

import pytest

from openinsights.catalog.unknown_names import resource_not_found


@pytest.mark.parametrize(
    ("reference", "names", "says"),
    [
        ("shpo", ["shop"], "'shpo'; did you mean 'shop'? there is shop"),
        ("SHOPP", ["Shop", "bank"], "'SHOPP'; did you mean 'Shop'? there is bank, Shop"),
        ("web/shpo", ["shop"], "'web/shpo'; did you mean 'shop'? there is shop"),
        ("other", ["shop"], "'other'; there is shop"),
        ("", ["shop"], "''; there is shop"),
        ("x", [], "'x': there is none yet; make one with 'openinsights resource create NAME'"),
    ],
)
def test_message_names_what_may_have_been_meant(reference, names, says):
    assert resource_not_found(reference, names).message == f"cannot find resource {says}"


def test_message_stays_short():
    many = [f"app-{number}" for number in range(1000)]
    message = resource_not_found("x" * 60_000, many).message
    assert "app-0, app-1, app-10" in message
    assert message.endswith(" and 992 more")
    assert len(message) < 300
