"""One message instead of ten: what waits for one member over one channel leaves together."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext, ngettext

from notifications.models import Message, MessageSettings
from notifications.policies import LEASE
from notifications.services import fitness, gateways, templates
from stores.selectors.arrays import among

# More lines than this nobody reads; the inbox has them all.
_LINES_MAX = 20
_LINK = "/me/messages/"

State = Message.State


def gather(
    batch: Sequence[Message], *, channel: str, settings: MessageSettings, now: datetime
) -> list[Message]:
    """The messages of `batch`, with those of one member that may be told together made one.

    Whatever else waits for the same member comes along, due or not: the point is that they are
    disturbed once. The new message is taken like the others; what it holds ends as bundled.
    Locks those messages in the order of their ids, passing over what somebody else has locked.
    """
    bundleable = {one.pk: one for one in batch if one.may_bundle and one.member_id is not None}
    if not bundleable or not gateways.can_bundle(channel):
        return list(batch)
    with transaction.atomic():
        found = _locked(bundleable, channel=channel)
        # Those of the batch have been judged; what comes along has not.
        others = [one for one in found if one.pk not in bundleable]
        verdicts = fitness.judged(others, settings=settings, now=now)
        groups = _groups(one for one in found if not verdicts.get(one.pk, fitness.FIT).reason)
        made = [_digest(group, channel=channel, now=now) for group in groups]
    gone = {one.pk for group in groups for one in group}
    return [*(one for one in batch if one.pk not in gone), *made]


def _locked(bundleable: Mapping[int, Message], *, channel: str) -> list[Message]:
    members = {one.member_id for one in bundleable.values() if one.member_id is not None}
    waiting = Q(among("member_id", members), state=State.WAITING, may_bundle=True)
    query = Message.objects.filter(waiting | Q(pk__in=list(bundleable)), channel=channel)
    if connection.features.has_select_for_update_skip_locked:
        query = query.select_for_update(skip_locked=True)
    return [
        one
        for one in query.order_by("pk")
        if one.state == State.WAITING
        or (one.state == State.SENDING and one.attempts == bundleable[one.pk].attempts)
    ]


def _groups(messages: Iterable[Message]) -> list[list[Message]]:
    groups: dict[tuple[int | None, bool], list[Message]] = defaultdict(list)
    for one in messages:
        groups[one.member_id, one.is_marketing].append(one)
    return [group for group in groups.values() if len(group) > 1]


def _digest(group: Sequence[Message], *, channel: str, now: datetime) -> Message:
    last = group[-1]
    ends = [one.lapses_at for one in group if one.lapses_at is not None]
    with translation.override(templates.known(last.language)):
        subject, body = _words(group)
    made = Message.objects.create(
        channel=channel,
        member_id=last.member_id,
        to=last.to,
        template=templates.DIGEST,
        language=last.language,
        context={"count": len(group)},
        subject=subject,
        body=body,
        link=_LINK,
        is_marketing=last.is_marketing,
        state=State.SENDING,
        attempts=1,
        due_at=now + LEASE,
        lapses_at=max(ends) if ends else None,
        created_at=now,
    )
    Message.objects.filter(pk__in=[one.pk for one in group], state__in=Message.UNDELIVERED).update(
        state=State.BUNDLED, bundled_into=made, finished_at=now
    )
    return made


def _words(group: Sequence[Message]) -> tuple[str, str]:
    subject = ngettext("%(count)s new message", "%(count)s new messages", len(group)) % {
        "count": len(group)
    }
    lines = [f"· {one.body}" for one in group[:_LINES_MAX]]
    if (left := len(group) - _LINES_MAX) > 0:
        lines.append(gettext("… and %(count)s more") % {"count": left})
    return subject, "\n".join(lines)
