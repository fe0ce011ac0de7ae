"""What becomes of notices and settings when two members become one, one leaves, or time passes."""

from datetime import datetime

from django.db import transaction

from notifications.models import (
    Message,
    NotedFact,
    Notice,
    Preference,
    Recipient,
    WechatGrant,
)
from notifications.services.outbox import LEFT

_GONE = "…"
_REACHED = ("language", "email", "email_confirmed_at", "quiet_from", "quiet_until")


def merge(*, kept_id: int, gone_id: int) -> None:
    """Give the member that is kept the notices of the one that goes, and what it lacks of their
    settings. Again, it moves what has come since.

    What both were told stays with each: it is the proof that each was told.
    """
    with transaction.atomic():
        mine = Notice.objects.filter(member_id=kept_id).values("reference")
        theirs = Notice.objects.filter(member_id=gone_id).exclude(reference__in=mine)
        theirs.update(member_id=kept_id)
        NotedFact.objects.filter(member_id=gone_id).update(member_id=kept_id)
        Message.objects.filter(member_id=gone_id).update(member_id=kept_id)
        _merge_choices(kept_id, gone_id)
        _merge_recipient(kept_id, gone_id)


def erase(*, member_id: int, at: datetime) -> None:
    """Blank what the member was told and forget how they wanted it; what waits is never sent.

    That there was a notice, of which kind and when, stays: the books lean on it.
    """
    with transaction.atomic():
        Notice.objects.filter(member_id=member_id).update(title=_GONE, body="", context={}, link="")
        messages = Message.objects.filter(member_id=member_id)
        messages.filter(state__in=Message.UNDELIVERED).update(
            state=Message.State.LAPSED, finished_at=at
        )
        messages.update(to=LEFT, subject="", body="", context={}, link="", result="")
        for model in (NotedFact, Preference, WechatGrant, Recipient):
            model.objects.filter(member_id=member_id).delete()


def forget_old(*, before: datetime, limit: int) -> int:
    """Delete up to `limit` notices told before this instant; returns how many."""
    old = Notice.objects.filter(created_at__lt=before).order_by("pk")
    ids = list(old.values_list("pk", flat=True)[:limit])
    with transaction.atomic():
        Message.objects.filter(notice_id__in=ids).update(notice=None)
        return Notice.objects.filter(pk__in=ids).delete()[0]


def _merge_choices(kept_id: int, gone_id: int) -> None:
    chosen = {(one.kind, one.channel) for one in Preference.objects.filter(member_id=kept_id)}
    for row in Preference.objects.filter(member_id=gone_id).order_by("pk"):
        if (row.kind, row.channel) in chosen:
            row.delete()
        else:
            row.member_id = kept_id
            row.save(update_fields=["member"])
    allowed = WechatGrant.objects.filter(member_id=kept_id).values("kind")
    WechatGrant.objects.filter(member_id=gone_id, kind__in=allowed).delete()
    WechatGrant.objects.filter(member_id=gone_id).update(member_id=kept_id)


def _merge_recipient(kept_id: int, gone_id: int) -> None:
    """The kept row says what it says; an address that only the other had comes over."""
    gone = Recipient.objects.filter(member_id=gone_id).first()
    if gone is None:
        return
    kept, is_new = Recipient.objects.get_or_create(
        member_id=kept_id,
        defaults={name: getattr(gone, name) for name in (*_REACHED, "updated_at")},
    )
    if not is_new and not kept.email and gone.email:
        kept.email, kept.email_confirmed_at = gone.email, gone.email_confirmed_at
        kept.save(update_fields=["email", "email_confirmed_at"])
    gone.delete()
