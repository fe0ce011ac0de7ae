"""Celery's way in: take the clock, call one service."""

from celery import shared_task
from django.utils import timezone

from notifications.services import delivery


@shared_task
def deliver_due() -> None:
    """Send what is due. Every ten seconds; its traces are the messages themselves."""
    delivery.deliver_due(now=timezone.now())
