"""The one schedule: which job runs when, in the shop's time zone.

A job is a sweep over rows that are due. A message that is lost, late or doubled therefore costs
nothing: the next sweep finds the same rows. Messages expire with their interval, so that a worker
that was away does not come back to a thousand of them.
"""

from datetime import timedelta
from typing import Any

from celery.schedules import crontab

_HOUR = 3600


def _every(interval: timedelta, task: str) -> dict[str, Any]:
    return {"task": task, "schedule": interval, "options": {"expires": interval.total_seconds()}}


def _daily(hour: int, minute: int, task: str) -> dict[str, Any]:
    at = crontab(hour=str(hour), minute=str(minute))
    return {"task": task, "schedule": at, "options": {"expires": 12 * _HOUR}}


SCHEDULE: dict[str, dict[str, Any]] = {
    # A person waits for a sign-in code with the phone in hand.
    "deliver_due": _every(timedelta(seconds=3), "notifications.tasks.deliver_due"),
    "release_stale_holds": _every(timedelta(minutes=1), "points.tasks.release_stale_holds"),
    "time_out_checkouts": _every(timedelta(minutes=1), "sales.tasks.time_out_checkouts"),
    # Unpaid orders, parcels that arrived long ago, empty shelves.
    "tend_orders": _every(timedelta(minutes=1), "mall.tasks.tend_orders"),
    "tend_payments": _every(timedelta(seconds=30), "mall.tasks.tend_payments"),
    "tend_coupons": _every(timedelta(minutes=1), "mall.tasks.tend_coupons"),
    # On the first, and every day for whom a killed run left out; before anybody is awake.
    "give_monthly_coupons": _daily(1, 30, "mall.tasks.give_monthly_coupons"),
    "count_popularity": _every(timedelta(minutes=10), "mall.tasks.count_popularity"),
    "release_pending": _every(timedelta(minutes=10), "points.tasks.release_pending"),
    # Points lapse at their instant whether or not this has run; it books what has lapsed.
    "expire_lots": _daily(0, 10, "points.tasks.expire_lots"),
    # A safety net: an upload starts at once, a waiting return is settled by its sale.
    "resume_imports": _every(timedelta(minutes=1), "sales.tasks.resume_imports"),
    "settle_waiting_returns": _every(timedelta(minutes=10), "sales.tasks.settle_waiting_returns"),
    # A safety net again: most acts are judged in the request that reports them.
    "judge_due_events": _every(timedelta(seconds=10), "campaigns.tasks.judge_due_events"),
    "repair_faults": _every(timedelta(minutes=10), "sales.tasks.repair_faults"),
    # After the levels, before the ledger is verified; it goes on where it was cut off.
    "compute_segments": _daily(2, 0, "insights.tasks.compute_segments"),
    "refresh_waiting_segments": _every(
        timedelta(minutes=1), "insights.tasks.refresh_waiting_segments"
    ),
    "resume_backtests": _every(timedelta(minutes=1), "insights.tasks.resume_backtests"),
    "reevaluate_tiers": _daily(1, 0, "tiers.tasks.reevaluate"),
    "reward_birthdays": _daily(8, 0, "campaigns.tasks.reward_birthdays"),
    "verify_rules": _daily(3, 30, "campaigns.tasks.verify_rules"),
    "forget_uploads": _daily(4, 15, "sales.tasks.forget_uploads"),
    "resume_opening_imports": _every(timedelta(minutes=1), "points.tasks.resume_opening_imports"),
    "forget_opening_uploads": _daily(4, 20, "points.tasks.forget_opening_uploads"),
    "forget_job_runs": _daily(4, 30, "stores.tasks.forget_job_runs"),
    "verify_ledger": _daily(3, 0, "points.tasks.verify_ledger"),
    # A safety net: publishing and saving the ledger's settings record at once.
    "record_editions": _daily(0, 20, "campaigns.tasks.record_editions"),
    "forget_invitations": _daily(4, 5, "members.tasks.forget_invitations"),
    "tidy_merges": _every(timedelta(minutes=10), "members.tasks.tidy_merges"),
    "tidy_erasures": _every(timedelta(minutes=10), "members.tasks.tidy_erasures"),
    "forget_personal_data": _daily(4, 45, "members.tasks.forget_personal_data"),
    "forget_codes": _daily(4, 0, "members.tasks.forget_codes"),
}
