"""How long a message waits before it is tried again. No Django, no clock, no query."""

from datetime import timedelta

ATTEMPTS_MAX = 6
# A worker that took a message and died gives it back after this long.
LEASE = timedelta(minutes=2)
# So many calls in a row without an answer end the sweep of a channel.
OUTAGES_MAX = 3
# A provider that is away costs messages no attempts, but after a day news are none.
OUTAGE_MAX = timedelta(days=1)
_WAITS = (10, 30, 120, 600, 3600)
_RESTS = (30, 60, 120, 300)
_SPREAD = 16


def wait_before_retry(attempts: int, *, number: int = 0) -> timedelta | None:
    """The wait after failed attempt number `attempts` (1 is the first); None gives up.

    `number`, the message's own, spreads the waits by up to a quarter, so that a thousand messages
    that failed together do not come back together.
    """
    if attempts < 1:
        raise ValueError("attempts are counted from one")
    if attempts >= ATTEMPTS_MAX:
        return None
    return _spread(_WAITS[attempts - 1], number)


def wait_for_provider(attempts: int, *, number: int = 0) -> timedelta:
    """The wait while the provider is away: it never gives up, the message's end does."""
    return _spread(_WAITS[min(max(attempts, 1), len(_WAITS)) - 1], number)


def rest(outages: int) -> timedelta:
    """How long a channel rests after so many sweeps in a row that ended without an answer."""
    return timedelta(seconds=_RESTS[min(max(outages, 1), len(_RESTS)) - 1])


def _spread(seconds: int, number: int) -> timedelta:
    milliseconds = 1000 * seconds
    return timedelta(milliseconds=milliseconds + milliseconds * (number % _SPREAD) // (4 * _SPREAD))
