"""What the outbox forgets: of people who left, and of messages that are long over."""

from datetime import datetime

from notifications.models import Message
from notifications.services.outbox import LEFT

# What may name a person. What became of the message stays: state, instants, the provider's codes.
_BLANK = {"to": LEFT, "subject": "", "body": "", "context": {}, "link": "", "result": ""}


def forget_person(*, phones: frozenset[str], at: datetime) -> int:
    """Blank every message to these numbers, and never send those that still wait."""
    if not phones:
        return 0
    theirs = Message.objects.filter(to__in=phones)
    theirs.filter(state__in=Message.UNDELIVERED).update(state=Message.State.LAPSED, finished_at=at)
    return theirs.update(**_BLANK)


def forget_old(*, before: datetime, limit: int) -> int:
    """Blank recipient, text and values of up to `limit` messages made before this instant."""
    old = Message.objects.filter(created_at__lt=before).exclude(to=LEFT)
    old = old.exclude(state__in=Message.UNDELIVERED).order_by("pk")
    ids = list(old.values_list("pk", flat=True)[:limit])
    return Message.objects.filter(pk__in=ids).update(**_BLANK)
