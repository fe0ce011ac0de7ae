"""Celery's way in: take the clock, call one service."""

from celery import shared_task
from django.utils import timezone

from mall.services import payments, stock, sweeps
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
