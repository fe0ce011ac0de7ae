from notifications.policies.retries import ATTEMPTS_MAX, LEASE, wait_before_retry

__all__ = ["ATTEMPTS_MAX", "LEASE", "wait_before_retry"]
