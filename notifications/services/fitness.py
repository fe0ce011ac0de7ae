"""Whether a message may leave now: what held when it was written may have changed since."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.utils import timezone

from notifications.models import Message, MessageSettings
from notifications.policies import kinds, quiet
from notifications.selectors import recipients
from notifications.selectors.recipients import Reach
from notifications.services import templates


class Verdict(NamedTuple):
    """`reason` says why a message never leaves; `not_before` when it may; neither: now."""

    reason: str = ""
    not_before: datetime | None = None


FIT = Verdict()


def judged(
    messages: Sequence[Message], *, settings: MessageSettings, now: datetime
) -> dict[int, Verdict]:
    """What holds now for each of `messages`. Four queries at most, none for secrets alone.

    A member who has left, has switched the kind off, or has taken back the consent to offers is
    not written to any more; quiet hours hold everything back but what is urgent.
    """
    known = recipients.standing({one.member_id for one in messages if one.member_id is not None})
    if any(one.is_marketing for one in messages):
        recipients.add_consents(known)
    return {one.pk: _verdict(one, known, settings=settings, now=now) for one in messages}


def _verdict(
    message: Message, known: dict[int, Reach], *, settings: MessageSettings, now: datetime
) -> Verdict:
    if message.member_id is None:
        return FIT
    reach = known.get(message.member_id)
    if reach is None:
        return Verdict("member_closed")
    kind = message.template.partition(".")[0]
    if reach.preferences.get((kind, message.channel)) is False:
        return Verdict("switched_off")
    if message.is_marketing and not reach.agrees_to_offers:
        return Verdict("no_consent")
    if message.is_urgent or kind not in {*kinds.KINDS, templates.DIGEST}:
        return FIT
    spans = [quiet.Span(settings.quiet_from, settings.quiet_until)]
    if reach.quiet is not None:
        spans.append(reach.quiet)
    due = quiet.not_before(now, spans=spans, zone=timezone.get_default_timezone())
    return Verdict(not_before=due) if due > now else FIT
