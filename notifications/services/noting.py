"""Facts that are written down now and told a moment later.

For what must not wait: a purchase, a redemption. `note` costs one statement in the transaction of
the fact, so it stands or falls with it; a sweep gives it to `telling.tell`, which asks for the
member's language, wishes and addresses. A fact that is told in bulk goes to `tell` directly.
"""

import json
import logging
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby

from django.conf import settings
from django.db import connection, transaction
from django.utils.functional import Promise
from django.utils.translation import override

from notifications.models import NotedFact
from notifications.policies import kinds
from notifications.services import rows, telling
from notifications.services.telling import Fact

logger = logging.getLogger(__name__)

_BATCH = 500
# What was noted within this time is told as of now.
_USUAL = timedelta(minutes=2)
_NOTED = rows.Target(
    NotedFact,
    ("member", "kind", "event", "reference", "context", "link", "points", "at"),
)


def note(facts: Sequence[Fact], *, at: datetime) -> None:
    """Write the facts down within the caller's transaction, to be told by the next sweep.

    One statement for up to two thousand. Locks nothing. Raises KeyError for what is not in the
    catalogue, which is a mistake of the caller.
    """
    for fact in facts:
        kinds.event_of(fact.kind, fact.event)
    for window in rows.chunks(facts):
        rows.insert(_NOTED, [_row(fact, at) for fact in window])


def tell_noted(*, now: datetime, limit: int = 20_000) -> int:
    """Tell what has been noted, in the order of its coming; returns how many facts were told.

    Each batch is told and struck out in one transaction: killed anywhere, nothing is lost, and
    nobody is told twice. Safe beside others. A fact that cannot be told is left for an hour and
    holds up none of the others.
    """
    told = 0
    while told < limit:
        try:
            count = _tell_batch(_BATCH, now=now)
        except Exception:  # whatever it was, the facts beside it must not wait for it
            logger.exception("a batch of facts could not be told; each is tried by itself")
            count = _tell_one_by_one(now=now)
        if not count:
            break
        told += count
    return told


def in_languages(words: str | Promise) -> dict[str, str]:
    """A text of our own in every language of the product, as a value of a fact."""
    told = {}
    for language, _name in settings.LANGUAGES:
        with override(language):
            told[language] = str(words)
    return told


def named(zh: str, en: str) -> dict[str, str]:
    """A name that the merchant gave, in Chinese and perhaps in English."""
    return {"zh-hans": zh, "en": en or zh}


def _tell_batch(size: int, *, now: datetime) -> int:
    with transaction.atomic():
        batch = _taken(size, now=now)
        for at, rows_of in _by_time(batch, now=now):
            telling.tell([_fact(row) for row in rows_of], at=at)
        NotedFact.objects.filter(pk__in=[row.pk for row in batch]).delete()
    return len(batch)


def _tell_one_by_one(*, now: datetime) -> int:
    done = 0
    for pk in list(NotedFact.objects.due(now).values_list("pk", flat=True)[:_BATCH]):
        try:
            with transaction.atomic():
                row = NotedFact.objects.select_for_update().filter(pk=pk).first()
                if row is not None:
                    telling.tell([_fact(row)], at=min(row.at, now))
                    row.delete()
        except Exception:  # told in the log and in the row, and tried again in an hour
            logger.exception("fact %s could not be told", pk)
            NotedFact.objects.filter(pk=pk).update(failed_at=now)
        done += 1
    return done


def _by_time(
    batch: Sequence[NotedFact], *, now: datetime
) -> Iterator[tuple[datetime, list[NotedFact]]]:
    """All at once in the usual case; after an outage, minute by minute as things happened."""
    if all(row.at > now - _USUAL for row in batch):
        yield now, list(batch)
        return
    for _minute, found in groupby(batch, key=lambda row: row.at.replace(second=0, microsecond=0)):
        these = list(found)
        yield min(max(row.at for row in these), now), these


def _taken(size: int, *, now: datetime) -> list[NotedFact]:
    due = NotedFact.objects.due(now)
    if connection.features.has_select_for_update_skip_locked:
        due = due.select_for_update(skip_locked=True)
    return list(due[:size])


def _row(fact: Fact, at: datetime) -> tuple[object, ...]:
    context = json.dumps(fact.context, ensure_ascii=False)
    return (
        *(fact.member_id, fact.kind, fact.event, fact.reference, context),
        *(fact.link, fact.points, at),
    )


def _fact(row: NotedFact) -> Fact:
    return Fact(
        member_id=row.member_id,
        kind=row.kind,
        event=row.event,
        reference=row.reference,
        context=row.context,
        link=row.link,
        points=row.points,
    )
