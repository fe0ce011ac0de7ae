"""Telling members something: the way of every app above into the inbox and the outbox."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from notifications.models import Message, MessageSettings, Notice
from notifications.policies import kinds, quiet
from notifications.selectors import recipients
from notifications.selectors.recipients import Reach
from notifications.services import gateways, rows, templates
from notifications.services.templates import Worded, Wordings

INBOX = "inbox"

_NOTICES = rows.Target(
    Notice,
    (
        "member",
        "kind",
        "event",
        "group",
        "reference",
        "language",
        "title",
        "body",
        "context",
        "link",
        "points",
        "created_at",
    ),
)
_MESSAGES = rows.Target(
    Message,
    (
        "channel",
        "notice",
        "member",
        "to",
        "template",
        "language",
        "context",
        "subject",
        "body",
        "link",
        "is_secret",
        "is_urgent",
        "is_marketing",
        "may_bundle",
        "state",
        "due_at",
        "lapses_at",
        "attempts",
        "result",
        "error_code",
        "provider_id",
        "receipt",
        "receipt_code",
        "created_at",
    ),
)


@dataclass(frozen=True, slots=True)
class Fact:
    """What one member is to be told.

    `reference` names the fact among the member's: the same one is told once, however often it
    is asked for. `context` fills the placeholders of the kind's wording (plain JSON values;
    instants as ISO 8601 texts, points as whole numbers, a text that differs by language as
    `{"zh-hans": …, "en": …}`). `event` chooses among the wordings of a kind (`shipped` of
    `redemption`). `link` is a path of the member pages.
    """

    member_id: int
    kind: str
    reference: str
    context: dict[str, Any] = field(default_factory=dict)
    event: str = ""
    link: str = ""
    points: int | None = None


def tell(facts: Sequence[Fact], *, at: datetime) -> int:
    """Tell each member the fact, within the caller's transaction; returns how many are new.

    Writes the notice, and a message for every channel that the member wants and can be reached
    by: set by set, so that one fact and a thousand take the same statements. Members who are
    merged or erased are passed over. Nothing is sent here: a sweep sends.

    Locks nothing but the rows that it adds. Raises KeyError for a kind or an event that the
    catalogue (`policies.kinds`) does not have; what a merchant has set or written never raises.
    """
    for fact in facts:
        kinds.event_of(fact.kind, fact.event)
    if not facts:
        return 0
    telling = _Telling(facts, at=at)
    unique = {(fact.member_id, fact.reference): fact for fact in reversed(facts)}
    # In one order for everybody: two callers with the same members wait, and never embrace.
    ordered = [unique[key] for key in sorted(unique)]
    with transaction.atomic():
        return sum(telling.tell(window) for window in rows.chunks(ordered))


class _Telling:
    """What holds for all facts of one call."""

    def __init__(self, facts: Sequence[Fact], *, at: datetime) -> None:
        self.at = at
        self.zone = timezone.get_default_timezone()
        self.settings = MessageSettings.objects.first() or MessageSettings()
        self.wordings = Wordings({fact.kind for fact in facts})
        self.channels = gateways.open_channels()
        self.is_marketing = any(
            kinds.event_of(fact.kind, fact.event).is_marketing for fact in facts
        )
        self.house_quiet = quiet.Span(self.settings.quiet_from, self.settings.quiet_until)

    def tell(self, facts: Sequence[Fact]) -> int:
        known = recipients.reached(
            {fact.member_id for fact in facts},
            channels=self.channels,
            day_starts_at=self._day_starts_at(),
        )
        if self.is_marketing and self.channels:
            recipients.add_consents(known)
        drafts = [
            _Draft(fact, known[fact.member_id], self) for fact in facts if fact.member_id in known
        ]
        new = rows.insert(
            _NOTICES,
            [draft.notice() for draft in drafts],
            returning="member_id, reference, id",
        )
        ids = {(member_id, reference): pk for member_id, reference, pk in new}
        messages = [
            message
            for draft in drafts
            if (pk := ids.get((draft.fact.member_id, draft.fact.reference))) is not None
            for message in draft.messages(notice_id=pk)
        ]
        for window in rows.chunks(messages, 4 * rows.WINDOW):
            rows.insert(_MESSAGES, window)
        return len(new)

    def _day_starts_at(self) -> datetime:
        local = self.at.astimezone(self.zone)
        return local.replace(hour=0, minute=0, second=0, microsecond=0)


class _Draft:
    """One fact, as it is told to its member."""

    def __init__(self, fact: Fact, reach: Reach, telling: _Telling) -> None:
        self.fact, self.reach, self.telling = fact, reach, telling
        self.event = kinds.event_of(fact.kind, fact.event)
        self.language = templates.known(reach.language)
        self.values = templates.values_of(
            fact.kind, fact.event, fact.context, language=self.language
        )
        self.context = json.dumps(fact.context, ensure_ascii=False)

    def notice(self) -> tuple[Any, ...]:
        fact, words = self.fact, self._worded(INBOX)
        return (
            fact.member_id,
            fact.kind,
            fact.event,
            kinds.KINDS[fact.kind].group,
            fact.reference,
            self.language,
            words.title[:120],
            words.body,
            self.context,
            fact.link,
            fact.points,
            self.telling.at,
        )

    def messages(self, *, notice_id: int) -> Iterator[tuple[Any, ...]]:
        for channel in self.telling.channels:
            if self._goes(channel):
                yield self._message(channel, notice_id=notice_id)

    def _goes(self, channel: str) -> bool:
        fact, reach = self.fact, self.reach
        if not reach.address(channel, kind=fact.kind):
            return False
        if not reach.wants(channel, kind=fact.kind, event=self.event):
            return False
        if self.event.is_marketing and not reach.agrees_to_offers:
            return False
        named = self._named(channel)
        if not self.telling.wordings.is_active(**named) or not gateways.can_word(
            self.telling.wordings, **named
        ):
            return False
        return channel != kinds.SMS or self._has_room_for_sms()

    def _has_room_for_sms(self) -> bool:
        if self.reach.sms_today >= self.telling.settings.sms_per_member_and_day:
            return self.event.is_owed
        self.reach.sms_today += 1
        return True

    def _message(self, channel: str, *, notice_id: int) -> tuple[Any, ...]:
        fact, at, words = self.fact, self.telling.at, self._worded(channel)
        due_at = self._due_at(channel)
        return (
            channel,
            notice_id,
            fact.member_id,
            self.reach.address(channel, kind=fact.kind),
            templates.key_of(fact.kind, fact.event),
            self.language,
            # The values are for templates at a provider; a mail is its text.
            "{}" if channel == kinds.EMAIL else self.context,
            words.title[:120],
            words.body,
            fact.link,
            False,
            self.event.is_urgent,
            self.event.is_marketing,
            self._may_bundle(channel),
            Message.State.WAITING.value,
            due_at,
            due_at + self.event.lapses_after,
            0,
            "",
            words.note,
            "",
            "",
            "",
            at,
        )

    def _due_at(self, channel: str) -> datetime:
        at = self.telling.at
        if self.event.is_urgent:
            return at
        if self._may_bundle(channel):
            at += timedelta(minutes=self.telling.settings.digest_minutes)
        spans = [self.telling.house_quiet]
        if self.reach.quiet is not None:
            spans.append(self.reach.quiet)
        return quiet.not_before(at, spans=spans, zone=self.telling.zone)

    def _may_bundle(self, channel: str) -> bool:
        return (
            self.event.may_bundle
            and not self.event.is_urgent
            and self.telling.settings.digest_minutes > 0
            and gateways.can_bundle(channel)
        )

    def _worded(self, channel: str) -> Worded:
        return self.telling.wordings.worded(
            self.values, given=self.fact.context.keys(), **self._named(channel)
        )

    def _named(self, channel: str) -> dict[str, str]:
        fact = self.fact
        return {
            "kind": fact.kind,
            "event": fact.event,
            "channel": channel,
            "language": self.language,
        }
