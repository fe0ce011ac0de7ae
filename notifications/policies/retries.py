"""How long a message waits before it is tried again. No Django, no clock, no query."""

from datetime import timedelta

ATTEMPTS_MAX = 6
# A worker that took a message and died gives it back after this long.
LEASE = timedelta(minutes=2)
_WAITS = (10, 30, 120, 600, 3600)


def wait_before_retry(attempts: int) -> timedelta | None:
    """The wait after failed attempt number `attempts` (1 is the first); None gives up."""
    if attempts < 1:
        raise ValueError("attempts are counted from one")
    if attempts >= ATTEMPTS_MAX:
        return None
    return timedelta(seconds=_WAITS[attempts - 1])
