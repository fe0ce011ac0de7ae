from notifications.policies.retries import (
    ATTEMPTS_MAX,
    LEASE,
    OUTAGE_MAX,
    OUTAGES_MAX,
    rest,
    wait_before_retry,
    wait_for_provider,
)

__all__ = [
    "ATTEMPTS_MAX",
    "LEASE",
    "OUTAGES_MAX",
    "OUTAGE_MAX",
    "rest",
    "wait_before_retry",
    "wait_for_provider",
]
