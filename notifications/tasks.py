"""Celery's way in: take the clock, call one service."""

from celery import shared_task
from django.utils import timezone

from notifications.models import Message
from notifications.selectors import announcements as selectors
from notifications.services import announcements, delivery, noting
from stores.services import jobs

# A sweep ends by itself before this; the next one goes on.
_LIMIT = 20_000


@shared_task
def deliver_due() -> None:
    """Send what somebody waits for. Every few seconds; its traces are the messages themselves."""
    delivery.deliver_urgent(now=timezone.now())


@shared_task
def deliver_sms() -> None:
    """Send the SMS that are due, unless another worker is at it."""
    delivery.deliver_channel(Message.Channel.SMS, now=timezone.now(), limit=_LIMIT)


@shared_task
def deliver_email() -> None:
    """Send the mails that are due, unless another worker is at it."""
    delivery.deliver_channel(Message.Channel.EMAIL, now=timezone.now(), limit=_LIMIT)


@shared_task
def deliver_wechat() -> None:
    """Send the WeChat messages that are due, unless another worker is at it."""
    delivery.deliver_channel(Message.Channel.WECHAT, now=timezone.now(), limit=_LIMIT)


@shared_task
def tell_noted() -> None:
    """Turn facts that were noted into notices and messages. Every few seconds; no trace but
    those."""
    noting.tell_noted(now=timezone.now())


@shared_task
def send_announcements() -> None:
    """Tell members what was announced; recorded only where there is something to tell."""
    now = timezone.now()
    if not selectors.due(now).exists():
        return
    with jobs.recorded(name="notifications.send_announcements", now=now) as job:
        told = announcements.send_due(now=now, progress=lambda done: job.progress(done=done))
        job.result = {"members": told}
