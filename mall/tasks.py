"""Celery's way in: take the clock, call one service."""

from celery import shared_task
from django.utils import timezone

from mall.services import (
    coupon_endings,
    coupon_grants,
    coupon_months,
    coupons,
    payments,
    stock,
    sweeps,
)
from stores.services import jobs


@shared_task
def tend_orders() -> None:
    """Cancel what nobody paid, complete what arrived long ago, take down what is empty."""
    now = timezone.now()
    with jobs.recorded(name="mall.tend_orders", now=now) as run:
        run.result = {
            "unpaid": sweeps.cancel_unpaid(now=now),
            "received": sweeps.complete_shipped(now=now),
            "taken_down": stock.take_down_empty(at=now),
        }


@shared_task
def tend_payments() -> None:
    """Ask providers about payments, close those that are not wanted, send refunds."""
    now = timezone.now()
    with jobs.recorded(name="mall.tend_payments", now=now) as run:
        run.result = payments.tend(now=now)


@shared_task
def count_popularity() -> None:
    """Count what members redeem: what "popular" is sorted by."""
    now = timezone.now()
    with jobs.recorded(name="mall.count_popularity", now=now) as run:
        run.result = {"rewards": sweeps.count_popularity(now=now)}


@shared_task
def tend_coupons() -> None:
    """Free coupons whose purchase never came, and work off coupons for segments."""
    now = timezone.now()
    with jobs.recorded(name="mall.tend_coupons", now=now) as run:
        released = coupons.release_stale_locks(now=now)
        given = coupon_grants.work_all(now=now, progress=lambda done: run.progress(done=done))
        run.result = {"released": released, "given": given}


@shared_task
def give_monthly_coupons() -> None:
    """Give the coupons of the month to who has not had them (daily: once per member and month)."""
    now = timezone.now()
    with jobs.recorded(name="mall.give_monthly_coupons", now=now) as run:
        month = coupon_months.issue_all(now=now, progress=lambda done: run.progress(done=done))
        run.result = {"members": month.members, "short": month.short}


@shared_task
def tell_ending_coupons() -> None:
    """Tell members of coupons that end within three days."""
    now = timezone.now()
    with jobs.recorded(name="mall.tell_ending_coupons", now=now) as run:
        told = coupon_endings.tell(now=now, progress=lambda done: run.progress(done=done))
        run.result = {"coupons": told}
