"""The one schedule: which job runs when, in the shop's time zone.

A job is a sweep over rows that are due. A message that is lost, late or doubled therefore costs
nothing: a row per job says what is settled (`stores.services.schedule`), and the next sweep finds
the same occasions. Messages expire with their interval, so that a worker that was away does not
come back to a thousand of them.

A new job is an entry of `JOBS` and a label, registered by its app or below.
"""

from datetime import time, timedelta
from typing import Any

from celery.schedules import crontab
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from stores.policies.schedules import Daily, Every, Hours, Job, Yearly

_SECOND = timedelta(seconds=1)
_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)

_DAYTIME = Hours(time(9), time(21))

RUN_JOB = "stores.tasks.run_job"


def _every(interval: timedelta, name: str, task: str, **more: Any) -> Job:
    late_after = max(10 * interval, 5 * _MINUTE)
    return Job(name, task, Every(interval), **{"late_after": late_after, **more})


def _daily(hour: int, minute: int, name: str, task: str, **more: Any) -> Job:
    return Job(name, task, Daily(hour, minute), **{"late_after": 2 * _HOUR, **more})


# In the order of the day. `after`: jobs of the same night whose result this one builds upon.
JOBS: tuple[Job, ...] = (
    # What was missed while everything was down, what failed, and what people asked for.
    _every(5 * _SECOND, "start_asked", "stores.tasks.start_asked", by_hand=False),
    _every(15 * _SECOND, "catch_up", "stores.tasks.catch_up", by_hand=False),
    # A person waits for a sign-in code with the phone in hand.
    _every(3 * _SECOND, "deliver_due", "notifications.tasks.deliver_due"),
    # Each by itself: a provider that hangs holds up its own channel only.
    _every(5 * _SECOND, "deliver_sms", "notifications.tasks.deliver_sms"),
    _every(5 * _SECOND, "deliver_wechat", "notifications.tasks.deliver_wechat"),
    _every(5 * _SECOND, "deliver_email", "notifications.tasks.deliver_email"),
    # Facts of a purchase or a redemption, which waited for nothing.
    _every(3 * _SECOND, "tell_noted", "notifications.tasks.tell_noted"),
    _every(_MINUTE, "send_announcements", "notifications.tasks.send_announcements"),
    # A safety net: most acts are judged in the request that reports them.
    _every(10 * _SECOND, "judge_due_events", "campaigns.tasks.judge_due_events"),
    _every(30 * _SECOND, "tend_payments", "mall.tasks.tend_payments"),
    _every(_MINUTE, "release_stale_holds", "points.tasks.release_stale_holds"),
    _every(_MINUTE, "time_out_checkouts", "sales.tasks.time_out_checkouts"),
    # Unpaid orders, parcels that arrived long ago, empty shelves.
    _every(_MINUTE, "tend_orders", "mall.tasks.tend_orders"),
    _every(_MINUTE, "tend_coupons", "mall.tasks.tend_coupons"),
    # A safety net again: an upload starts at once, a waiting return is settled by its sale.
    _every(_MINUTE, "resume_imports", "sales.tasks.resume_imports"),
    _every(_MINUTE, "resume_opening_imports", "points.tasks.resume_opening_imports"),
    _every(_MINUTE, "resume_backtests", "insights.tasks.resume_backtests"),
    _every(_MINUTE, "refresh_waiting_segments", "insights.tasks.refresh_waiting_segments"),
    # Clearings that were asked for, whose day has ended, or whose worker is gone.
    _every(_MINUTE, "work_clearings", "points.tasks.work_clearings"),
    _every(_MINUTE, "tell_cleared", "points.tasks.tell_cleared"),
    _every(10 * _MINUTE, "release_pending", "points.tasks.release_pending"),
    _every(10 * _MINUTE, "settle_waiting_returns", "sales.tasks.settle_waiting_returns"),
    _every(10 * _MINUTE, "repair_faults", "sales.tasks.repair_faults"),
    _every(10 * _MINUTE, "count_popularity", "mall.tasks.count_popularity"),
    _every(10 * _MINUTE, "tidy_merges", "members.tasks.tidy_merges"),
    _every(10 * _MINUTE, "tidy_erasures", "members.tasks.tidy_erasures"),
    # Points lapse at their instant whether or not this has run; it books what has lapsed.
    _daily(0, 10, "expire_lots", "points.tasks.expire_lots", after=("release_pending",)),
    # A safety net: publishing and saving the ledger's settings record at once.
    _daily(0, 20, "record_editions", "campaigns.tasks.record_editions"),
    _daily(1, 0, "reevaluate_tiers", "tiers.tasks.reevaluate", after=("expire_lots",)),
    # On the first, and every day for whom a killed run left out; before anybody is awake.
    _daily(
        *(1, 30, "give_monthly_coupons", "mall.tasks.give_monthly_coupons"),
        after=("reevaluate_tiers",),
    ),
    # After the levels, before the ledger is verified; it goes on where it was cut off.
    _daily(
        *(2, 0, "compute_segments", "insights.tasks.compute_segments"),
        after=("reevaluate_tiers",),
    ),
    _daily(3, 0, "verify_ledger", "points.tasks.verify_ledger", after=("compute_segments",)),
    _daily(3, 30, "verify_rules", "campaigns.tasks.verify_rules", retries=0),
    _daily(4, 0, "forget_codes", "members.tasks.forget_codes"),
    _daily(4, 5, "forget_invitations", "members.tasks.forget_invitations"),
    _daily(4, 15, "forget_uploads", "sales.tasks.forget_uploads"),
    _daily(4, 20, "forget_opening_uploads", "points.tasks.forget_opening_uploads"),
    _daily(4, 30, "forget_job_runs", "stores.tasks.forget_job_runs"),
    _daily(4, 45, "forget_personal_data", "members.tasks.forget_personal_data"),
    # After the month's last points were released and lapsed.
    _daily(*(5, 0, "record_liability", "insights.tasks.record_liability"), after=("expire_lots",)),
    _daily(8, 0, "reward_birthdays", "campaigns.tasks.reward_birthdays"),
    _daily(10, 20, "tell_ending_coupons", "mall.tasks.tell_ending_coupons"),
    # Never at night, also when it is caught up.
    _daily(10, 0, "remind_expiring", "points.tasks.remind_expiring", hours=_DAYTIME),
)

# Of the jobs that leave no record of a run, or leave it under the names of their parts.
LABELS: dict[str, str | Promise] = {
    "notifications.deliver_due": _("Send codes and other urgent messages"),
    "notifications.deliver_sms": _("Send SMS that are due"),
    "notifications.deliver_wechat": _("Send WeChat messages that are due"),
    "notifications.deliver_email": _("Send mails that are due"),
    "notifications.tell_noted": _("Tell members what was noted"),
    "sales.resume_imports": _("Go on with imports of receipts"),
    "points.work_clearings": _("Clearings that are due"),
    "points.resume_opening_imports": _("Go on with imports of members"),
    "insights.resume_backtests": _("Go on with back-tests"),
    "insights.compute_segments": _("RFM groups and built segments"),
    "insights.refresh_waiting_segments": _("Segments whose conditions were changed"),
}


def _beat(job: Job) -> dict[str, Any]:
    when = job.when
    if isinstance(when, Every):
        at: Any = when.interval
        expires = when.interval
    else:
        day: dict[str, Any] = {}
        if isinstance(when, Yearly):
            day = {"day_of_month": when.day, "month_of_year": when.month}
        at = crontab(hour=str(when.hour), minute=str(when.minute), **day)
        expires = 12 * _HOUR
    options = {"expires": expires.total_seconds()}
    return {"task": RUN_JOB, "args": (job.name,), "schedule": at, "options": options}


# What the clock process sends. Two of them are harmless: a worker claims each occasion once.
SCHEDULE: dict[str, dict[str, Any]] = {job.name: _beat(job) for job in JOBS}
