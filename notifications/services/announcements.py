"""Announcements (F87): published by a person, told by a job, window by window."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection, transaction
from django.db.models import F

from notifications import exceptions
from notifications.models import Announcement, Notice
from notifications.selectors import announcements as selectors
from notifications.services import telling
from notifications.services.telling import Fact

WINDOW = 500
_STATE = Announcement.State


@dataclass(frozen=True, slots=True)
class Words:
    """A title and a text in both languages; English may be missing."""

    title_zh: str
    body_zh: str
    title_en: str = ""
    body_en: str = ""


def publish(*, announcement_id: int, publish_at: datetime | None, at: datetime) -> Announcement:
    """Let the job tell the members from `publish_at` (now, if None) on.

    Raises `AnnouncementNotDraft`, or `PublishTooEarly` for an instant that has passed.
    """
    if publish_at is not None and publish_at < at:
        raise exceptions.PublishTooEarly
    with transaction.atomic():
        row = _locked(announcement_id)
        if row.state != _STATE.DRAFT:
            raise exceptions.AnnouncementNotDraft
        row.state, row.publish_at = _STATE.SENDING, publish_at or at
        row.total = selectors.audience(row).count()
        row.save(update_fields=["state", "publish_at", "total"])
    return row


def stop(*, announcement_id: int, at: datetime) -> Announcement:
    """Tell nobody further, and show it no more; again it does nothing.

    Who was told keeps the notice. Raises `AnnouncementNotSending`.
    """
    return _move(announcement_id, {_STATE.SENDING, _STATE.SENT}, _STATE.STOPPED)


def resume(*, announcement_id: int, at: datetime) -> Announcement:
    """Go on where a stopped one was; nobody is told twice. Raises `AnnouncementNotSending`."""
    return _move(announcement_id, {_STATE.STOPPED}, _STATE.SENDING)


def announce_rules(
    *, reference: str, words: Words, effective_on: date, until: datetime, link: str, at: datetime
) -> Announcement:
    """Announce a change of the rules to every member, once per `reference`.

    It is no marketing, and stands on the home page until the change holds.
    """
    row, _made = Announcement.objects.get_or_create(
        reference=reference,
        defaults={
            "kind": Announcement.Kind.RULE_CHANGE,
            "effective_on": effective_on,
            "title_zh": words.title_zh,
            "body_zh": words.body_zh,
            "title_en": words.title_en,
            "body_en": words.body_en,
            "link": link,
            "is_marketing": False,
            "state": _STATE.SENDING,
            "publish_at": at,
            "shown_until": until,
            "created_at": at,
        },
    )
    return row


def send_due(*, now: datetime, progress: Callable[[int], None] = lambda done: None) -> int:
    """Tell the members of every announcement whose time has come; returns how many were told.

    Five hundred members and the cursor behind them in one transaction: killed anywhere, the next
    sweep goes on, and nobody is told twice. Beside another sweep, each has its own announcement.
    """
    told = 0
    for pk in list(selectors.due(now).values_list("pk", flat=True)):
        while (count := _tell_window(pk, now=now)) is not None:
            told += count
            progress(told)
    return told


def _tell_window(pk: int, *, now: datetime) -> int | None:
    """Tell the next members; None when there is nothing left to do for this one."""
    with transaction.atomic():
        rows = selectors.due(now).filter(pk=pk)
        if connection.features.has_select_for_update_skip_locked:
            rows = rows.select_for_update(skip_locked=True)
        row = rows.first()
        if row is None:
            return None
        if row.total is None:
            row.total = selectors.audience(row).count()
            row.save(update_fields=["total"])
        beyond = selectors.audience(row).filter(pk__gt=row.cursor).order_by("pk")
        ids = list(beyond.values_list("pk", flat=True)[:WINDOW])
        if not ids:
            row.state, row.finished_at = _STATE.SENT, now
            row.save(update_fields=["state", "finished_at"])
            return None
        count = telling.tell([_fact(row, member_id) for member_id in ids], at=now)
        Announcement.objects.filter(pk=pk).update(cursor=ids[-1], told=F("told") + count)
        return count


def _fact(row: Announcement, member_id: int) -> Fact:
    context: dict[str, object] = {
        "title": {"zh-hans": row.title_zh, "en": row.title_en or row.title_zh},
        "text": {"zh-hans": row.body_zh, "en": row.body_en or row.body_zh},
    }
    is_rules = row.kind == Announcement.Kind.RULE_CHANGE
    if row.effective_on is not None:
        context["day"] = row.effective_on.isoformat()
    kind = Notice.Kind.RULE_CHANGE if is_rules else Notice.Kind.ANNOUNCEMENT
    return Fact(
        member_id=member_id,
        kind=kind.value,
        event="" if is_rules or row.is_marketing else "service",
        reference=f"announcement:{row.pk}",
        context=context,
        link=row.link,
    )


def _move(pk: int, before: set[Announcement.State], after: Announcement.State) -> Announcement:
    with transaction.atomic():
        row = _locked(pk)
        if row.state == after:
            return row
        if row.state not in before:
            raise exceptions.AnnouncementNotSending
        row.state = after
        row.save(update_fields=["state"])
    return row


def _locked(pk: int) -> Announcement:
    row = Announcement.objects.select_for_update(of=("self",)).filter(pk=pk).first()
    if row is None:
        raise exceptions.AnnouncementUnknown
    return row
