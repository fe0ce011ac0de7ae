"""Sending what the outbox holds, channel by channel."""

import logging
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta

from notifications import exceptions, policies
from notifications.models import Lane, Message, MessageSettings
from notifications.policies import kinds
from notifications.services import claims, digests, fitness, gateways, templates
from notifications.services.claims import End
from notifications.services.gateways import Answer, Gateway, Traceable

logger = logging.getLogger(__name__)

# Gateways that can be asked afterwards are told of many messages at once; the others of one, so
# that after a crash no more than one is uncertain.
_BATCH, _BATCH_UNTRACEABLE = 500, 50
# Well inside the lease for which messages are taken, with the longest call at its end.
_SECONDS = 45.0
# A provider's own records may lag behind what it has taken in.
_ASK_AFTER = timedelta(minutes=1)

State = Message.State


@dataclass(slots=True)
class Delivered:
    """How a sweep ended, in messages."""

    sent: int = 0
    failed: int = 0
    lapsed: int = 0
    postponed: int = 0
    uncertain: int = 0

    @property
    def total(self) -> int:
        return sum(getattr(self, field.name) for field in fields(self))


def deliver_due(
    *, now: datetime, limit: int = 1000, channels: Sequence[str] | None = None
) -> Delivered:
    """Send up to `limit` messages that are due: everywhere what is urgent, then the rest.

    Safe beside other sweeps and at any moment of dying: a message is taken for two minutes under
    its row's lock, sent outside of any transaction, and its end is noted only by the one who still
    holds it. What was handed to a gateway and has no end is asked for there, and is never sent
    again blindly. A channel whose provider does not answer rests; the others go on. Works for at
    most three quarters of a minute per channel.
    """
    outcome = Delivered()
    wanted = [one for one in gateways.open_channels() if channels is None or one in channels]
    for channel in wanted:
        _Sweep(channel, now=now, limit=limit, outcome=outcome, is_urgent=True).run()
    for channel in wanted:
        deliver_channel(channel, now=now, limit=limit, outcome=outcome)
    return outcome


def deliver_urgent(*, now: datetime, limit: int = 1000) -> Delivered:
    """Send only what somebody waits for, such as codes; also over a channel that rests."""
    outcome = Delivered()
    broken: list[Exception] = []
    for channel in gateways.open_channels():
        try:
            _Sweep(channel, now=now, limit=limit, outcome=outcome, is_urgent=True).run()
        except Exception as error:  # told below, when the other channels have had their turn
            logger.exception("the sweep of %s broke", channel)
            broken.append(error)
    if broken:
        raise broken[0]
    return outcome


def deliver_channel(
    channel: str, *, now: datetime, limit: int = 1000, outcome: Delivered | None = None
) -> Delivered:
    """Send what is due over one channel, unless it rests or another sweep is at it."""
    outcome = Delivered() if outcome is None else outcome
    if channel not in gateways.open_channels():
        return outcome
    if not Message.objects.due(now).filter(channel=channel).exists():
        return outcome
    if not Lane.objects.take(channel=channel, at=now, until=now + policies.LEASE):
        return outcome
    try:
        lane = Lane.objects.get(channel=channel)
        sweep = _Sweep(channel, now=now, limit=limit, outcome=outcome)
        if lane.outages:
            # It was away a moment ago: one call tells whether it still is.
            sweep.patience = 1
        sweep.run()
        _note_outages(lane, sweep, now=now)
    finally:
        Lane.objects.give_up(channel=channel)
    return outcome


def _note_outages(lane: Lane, sweep: "_Sweep", *, now: datetime) -> None:
    if sweep.is_stopped:
        lane.outages, lane.reason = lane.outages + 1, sweep.reason[:200]
        lane.rests_until = now + policies.rest(lane.outages)
    elif sweep.has_answered and lane.outages:
        lane.outages, lane.reason, lane.rests_until = 0, "", None
    else:
        return
    lane.save(update_fields=["outages", "reason", "rests_until"])


class _Sweep:
    """One walk over the due messages of a channel."""

    def __init__(
        self,
        channel: str,
        *,
        now: datetime,
        limit: int,
        outcome: Delivered,
        is_urgent: bool | None = None,
    ) -> None:
        self.channel, self.now, self.outcome = channel, now, outcome
        self.limit, self.is_urgent = limit, is_urgent
        self.gateway: Gateway = gateways.chosen(channel)
        self.is_traceable = isinstance(self.gateway, Traceable)
        self.ends_at = time.monotonic() + _SECONDS
        self.silent, self.reason, self.has_answered = 0, "", False
        self.patience = policies.OUTAGES_MAX

    @property
    def is_stopped(self) -> bool:
        return self.silent >= self.patience

    @property
    def is_over(self) -> bool:
        return (
            self.is_stopped or self.outcome.total >= self.limit or time.monotonic() > self.ends_at
        )

    def run(self) -> None:
        settings: MessageSettings | None = None
        while not self.is_over:
            batch = claims.take(
                channel=self.channel,
                now=self.now,
                size=min(self._size(), self.limit - self.outcome.total),
                is_urgent=self.is_urgent,
            )
            if not batch:
                return
            settings = settings or MessageSettings.objects.first() or MessageSettings()
            self._work_off(batch, settings=settings)

    def _size(self) -> int:
        return _BATCH if self.is_traceable else _BATCH_UNTRACEABLE

    def _work_off(self, batch: list[Message], *, settings: MessageSettings) -> None:
        fresh = [one for one in batch if one.handed_at is None]
        fresh += self._not_left([one for one in batch if one.handed_at is not None])
        self._note([End(one, State.LAPSED) for one in fresh if self._has_lapsed(one)])
        open_ = [one for one in fresh if not self._has_lapsed(one)]
        verdicts = fitness.judged(open_, settings=settings, now=self.now)
        self._note(self._ends_of_unfit(open_, verdicts))
        fit = [one for one in open_ if verdicts[one.pk] == fitness.FIT]
        fit = digests.gather(fit, channel=self.channel, settings=settings, now=self.now)
        self._prepare(fit, settings=settings)
        for group in self._groups(fit):
            self._send(group)

    def _groups(self, fit: list[Message]) -> Iterator[list[Message]]:
        """Handed over together. Of secrets nothing is ever sent again: they go one by one."""
        if self.is_traceable:
            yield [one for one in fit if not one.is_secret]
            fit = [one for one in fit if one.is_secret]
        yield from ([one] for one in fit)

    def _send(self, group: list[Message]) -> None:
        if not group:
            return
        if self.is_over:
            self._note([self._put_back(one) for one in group])
            return
        held = claims.hand_over(group, now=self.now)
        ends: list[End] = []
        try:
            for message in held:
                message.handed_at = self.now
                is_over = self.is_stopped or time.monotonic() > self.ends_at
                ends.append(self._put_back(message) if is_over else self._sent(message))
        finally:
            # Whatever stops this process now: what is known of the first ones is noted.
            self._note(ends)

    def _sent(self, message: Message) -> End:
        try:
            answer = self.gateway(message)
        except exceptions.DeliveryUncertain as failure:
            self._hear(failure)
            return self._uncertain(message, failure)
        except exceptions.DeliveryFailed as failure:
            self._hear(failure)
            return self._failed(message, failure)
        except Exception as error:  # one broken message must not stop the others
            logger.exception("gateway of message %s broke", message.pk)
            broken = exceptions.DeliveryUncertain(
                reason=type(error).__name__, error_code="gateway_broke"
            )
            return self._uncertain(message, broken)
        self.silent, self.has_answered = 0, True
        return _end_of(message, answer)

    def _hear(self, failure: exceptions.DeliveryFailed) -> None:
        if failure.is_outage:
            self.silent, self.reason = self.silent + 1, str(failure.params["reason"])
        else:
            self.silent, self.has_answered = 0, True

    def _failed(self, message: Message, failure: exceptions.DeliveryFailed) -> End:
        wait = self._wait(message, failure)
        reason, code = str(failure.params["reason"]), failure.error_code
        if wait is None:
            return End(message, State.FAILED, result=reason, error_code=code)
        due_at = self.now + wait
        return End(message, State.WAITING, due_at=due_at, result=reason, error_code=code)

    def _wait(self, message: Message, failure: exceptions.DeliveryFailed) -> timedelta | None:
        if failure.is_final:
            return None
        if not failure.is_outage:
            return policies.wait_before_retry(message.attempts, number=message.pk)
        if self.now - message.created_at > policies.OUTAGE_MAX:
            return None
        return policies.wait_for_provider(message.attempts, number=message.pk)

    def _uncertain(self, message: Message, failure: exceptions.DeliveryFailed) -> End:
        """It may have left: ask for it where that can be done, or say so."""
        reason, code = str(failure.params["reason"]), failure.error_code
        wait = policies.wait_before_retry(message.attempts, number=message.pk)
        if self.is_traceable and wait is not None:
            due_at = self.now + max(wait, _ASK_AFTER)
            return End(message, State.SENDING, due_at, reason, error_code=code, keeps_handed=True)
        return End(message, State.UNCERTAIN, result=reason, error_code=code)

    def _not_left(self, handed: list[Message]) -> list[Message]:
        """Messages that were handed over and have no end: those that certainly did not leave."""
        if not handed:
            return []
        if not isinstance(self.gateway, Traceable):
            silent = exceptions.DeliveryUncertain(reason="no answer was noted")
            self._note([self._uncertain(one, silent) for one in handed])
            return []
        try:
            found = self.gateway.find(handed)
        except exceptions.DeliveryFailed as failure:
            self._hear(failure)
            self._note([self._uncertain(one, failure) for one in handed])
            return []
        self.has_answered = True
        self._note([_end_of(one, found[one.pk]) for one in handed if one.pk in found])
        missing = [one for one in handed if one.pk not in found]
        # Whoever asked for a code has asked for another one by now.
        self._note([End(one, State.UNCERTAIN) for one in missing if one.is_secret])
        return [one for one in missing if not one.is_secret]

    def _has_lapsed(self, message: Message) -> bool:
        return message.lapses_at is not None and message.lapses_at <= self.now

    def _ends_of_unfit(
        self, messages: list[Message], verdicts: dict[int, fitness.Verdict]
    ) -> list[End]:
        ends = []
        for one in messages:
            reason, not_before = verdicts[one.pk]
            if reason:
                ends.append(End(one, State.LAPSED, result=reason))
            elif not_before is not None:
                ends.append(End(one, State.WAITING, due_at=not_before, counts=False))
        return ends

    def _put_back(self, message: Message) -> End:
        return End(message, State.WAITING, result=message.result, counts=False)

    def _prepare(self, fit: list[Message], *, settings: MessageSettings) -> None:
        """Give each message what its gateway may need beside its columns."""
        named = {one.template.partition(".")[0] for one in fit}
        wordings = templates.Wordings(named & kinds.KINDS.keys())
        for message in fit:
            message.sender_name = settings.sender_name
            message.site_address = settings.site_address.rstrip("/")
            kind, _dot, event = message.template.partition(".")
            message.provider_template = wordings.provider_template(
                kind=kind, event=event, channel=self.channel, language=message.language
            )

    def _note(self, ends: list[End]) -> None:
        if not ends:
            return
        claims.end(ends, now=self.now)
        for one in ends:
            self._count(one)

    def _count(self, one: End) -> None:
        name = {
            State.SENT: "sent",
            State.FAILED: "failed",
            State.LAPSED: "lapsed",
            State.UNCERTAIN: "uncertain",
        }.get(one.state, "postponed")
        setattr(self.outcome, name, getattr(self.outcome, name) + 1)


def _end_of(message: Message, answer: str | Answer) -> End:
    told = answer if isinstance(answer, Answer) else Answer(answer)
    return End(message, State.SENT, result=told.result, provider_id=told.provider_id)
