"""What a query was in the past that cannot be asked for many windows at once: samples of it.

Of windows shorter than an hour one in each hour is asked for, at a place in the hour that differs
from hour to hour, so that what runs on the hour is not all that is known. Which windows these are
depends on the time alone: whoever learns from them learns the same.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from openinsights.alerts.questions import answers, questions
from openinsights.clock import TICKS_PER_DAY

if TYPE_CHECKING:
    from collections.abc import Callable

    from openinsights.alerts.evaluate import Values
    from openinsights.alerts.rules.measure import Measure
    from openinsights.query.result import QueryResult
    from openinsights.query.service import QueryRequest

_HOUR: Final = TICKS_PER_DAY // 24
_MOST_MEASURES: Final = 200
_STEP: Final = 7
"""How many windows further the sample lies from hour to hour: no divisor of their usual numbers."""
_TIMEOUT_S: Final = 30.0


def sampled_ends(window_ticks: int, start: int, end: int) -> list[int]:
    """Return the ends of the windows that are asked for, from `start` to `end`, rising."""
    if window_ticks >= _HOUR:
        first = -(-(start + window_ticks) // window_ticks) * window_ticks
        return list(range(first, end + 1, window_ticks))
    places = _HOUR // window_ticks
    hours = range(-(-start // _HOUR) * _HOUR, end, _HOUR)
    ends = (hour + window_ticks * (1 + hour // _HOUR * _STEP % places) for hour in hours)
    return [each for each in ends if each <= end]


@dataclass(slots=True)
class Sampled:
    """What was found so far.

    Attributes:
        by_end: what was measured in the window with this end.
        is_whole: whether that is all that was asked for.
    """

    by_end: dict[int, Values] = field(default_factory=dict)
    is_whole: bool = True


class Samples:
    """Asks for samples and keeps them; safe to use from any thread.

    Args:
        ask: answers a query.
        monotonic_s: the time.
    """

    def __init__(
        self, ask: Callable[[QueryRequest], QueryResult], monotonic_s: Callable[[], float]
    ) -> None:
        self._ask = ask
        self._monotonic_s = monotonic_s
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[Measure, int], dict[int, Values]] = OrderedDict()

    def between(
        self, measure: Measure, window_ticks: int, start: int, end: int, most_s: float
    ) -> Sampled:
        """Return what a measure was in the sampled windows between two times.

        What is not known is asked for, the newest first, for so many seconds at most; what is left
        then is asked for next time.

        Raises:
            OpenInsightsError, TooManyRows: it cannot be asked for.
        """
        known = self._known(measure, window_ticks, start)
        wanted = sampled_ends(window_ticks, start, end)
        deadline_s = self._monotonic_s() + most_s
        (question,) = questions([measure])
        for each in reversed(wanted):
            if each in known:
                continue
            if self._monotonic_s() >= deadline_s:
                break
            request = question.request(each - measure.source.range_ticks, each, _TIMEOUT_S)
            known[each] = answers(question, self._ask(request))[measure]
        found = {each: known[each] for each in wanted if each in known}
        return Sampled(found, len(found) == len(wanted))

    def _known(self, measure: Measure, window_ticks: int, start: int) -> dict[int, Values]:
        with self._lock:
            known = self._kept.setdefault((measure, window_ticks), {})
            self._kept.move_to_end((measure, window_ticks))
            for each in [each for each in tuple(known) if each < start]:
                del known[each]
            while len(self._kept) > _MOST_MEASURES:
                self._kept.popitem(last=False)
            return known
