"""Acts of members that are not purchases: judged, granted, and reversed when they fall away."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import IntegrityError, transaction

from campaigns import exceptions
from campaigns.models import Event
from campaigns.policies import events as policies
from campaigns.policies.events import EventInput
from campaigns.policies.judging import Part
from campaigns.policies.numbers import scaled
from campaigns.policies.occasions import Line, Occasion, Person
from campaigns.policies.programs import Program
from campaigns.selectors import people, problems, rules
from campaigns.services import earning, faults, growth
from campaigns.services.limits import Ask, Limits
from points.policies import DebtPolicy
from points.selectors import balances
from points.services import batch
from stores.models import Store
from tiers.services.climbing import Climb

_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Reported:
    """An event as it stands; `is_replay` when it was there before."""

    event: Event
    is_replay: bool = False


def record(
    *,
    source: str,
    event: EventInput,
    actor: str,
    now: datetime,
    store: Store | None = None,
) -> Reported:
    """Take in one act and grant what the rules of its time give for it.

    `source` and the event's own number make it unique: told again with the same content, it
    answers with the first; with other content it raises `EventConflict`. Locks the member's
    account, then the counters of limits. Raises `InvalidEvent` with the field.
    """
    for problem in policies.faults(event, now=now):
        raise exceptions.InvalidEvent(reason=problems.sentence(problem), field=problem.field)
    for _attempt in range(_ATTEMPTS):
        try:
            with transaction.atomic():
                return _Recorder(source, actor, now, store).record([event])[0]
        except IntegrityError:
            # Another process was faster with the same number: then it is a repeat.
            if not Event.objects.filter(source=source, external_id=event.external_id).exists():
                raise
    raise RuntimeError("the same race was lost again and again")


def record_many(
    *, source: str, events: Sequence[EventInput], actor: str, now: datetime
) -> list[Reported]:
    """As `record` for events of our own making, in the caller's transaction."""
    return _Recorder(source, actor, now, None).record(events)


def put_down(*, source: str, events: Sequence[EventInput], actor: str, now: datetime) -> None:
    """Only write the events down; `judge_due` grants their points. Takes no lock."""
    Event.objects.bulk_create(
        [_row(source, event, actor, now, Event.State.DUE) for event in events],
        ignore_conflicts=True,
    )


def are_due() -> bool:
    """Whether anything waits to be judged."""
    return Event.objects.filter(state=Event.State.DUE).exists()


def judge_due(*, now: datetime, limit: int = 500) -> int:
    """Judge events that were only written down, oldest first; returns how many.

    Each window is one transaction; windows of other processes are passed over.
    """
    with transaction.atomic():
        due = list(
            Event.objects.select_for_update(skip_locked=True, of=("self",))
            .filter(state=Event.State.DUE)
            .select_related("store")
            .order_by("pk")[:limit]
        )
        if due:
            recorder = _Recorder("", "system", now, None)
            recorder.judge(due)
    return len(due)


def find(pk: int) -> Event:
    """The event with this id, with its store."""
    return Event.objects.select_related("store").get(pk=pk)


def judge_again(*, event: Event, now: datetime) -> bool:
    """Judge an event that met a broken rule once more; whether no fault is left.

    What the rules give now and did not give then is granted. Locks as `record`.
    """
    with transaction.atomic():
        return _Recorder(event.source, "system", now, event.store).judge_again(event)


def reverse(*, source: str, external_id: str, reason: str, actor: str, now: datetime) -> Event:
    """Take back what an act has earned, because it fell away (a review removed, an invited
    friend's order returned). Again, it changes nothing. Locks the account. Raises
    `EventNotFound`."""
    with transaction.atomic():
        found = Event.objects.filter(source=source, external_id=external_id)
        member_id = found.values_list("member_id", flat=True).first()
        if member_id is None:
            raise exceptions.EventNotFound
        batch.lock([member_id], at=now)
        event = found.select_for_update(of=("self",)).get()
        if event.state != Event.State.REVERSED:
            _reverse(event, reason.strip()[:200], actor, now)
    return event


class _Recorder:
    def __init__(self, source: str, actor: str, now: datetime, store: Store | None) -> None:
        self.source = source
        self.actor = actor
        self.now = now
        self.store = store
        self.timetable = rules.timetable()
        self.limits = Limits()
        self.judge_bench = earning.Judge(timetable=self.timetable, limits=self.limits)
        self.points_per_yuan = 100
        self.climb = Climb(at=now, actor=actor)

    def record(self, events: Sequence[EventInput]) -> list[Reported]:
        batch.lock(sorted({event.member_id for event in events}), at=self.now)
        known = self._known(events)
        fresh = {
            event.external_id: _row(self.source, event, self.actor, self.now, Event.State.POSTED)
            for event in events
            if event.external_id not in known
        }
        for row in fresh.values():
            row.store = self.store
        # One by one on SQLite and PostgreSQL alike the rows get their ids here.
        made = {row.external_id: row for row in Event.objects.bulk_create(fresh.values())}
        self.judge(list(made.values()))
        return [
            Reported(known[e.external_id], is_replay=True)
            if e.external_id in known
            else Reported(made[e.external_id])
            for e in events
        ]

    def _known(self, events: Sequence[EventInput]) -> dict[str, Event]:
        numbers = [event.external_id for event in events]
        rows = Event.objects.filter(source=self.source, external_id__in=numbers)
        known = {row.external_id: row for row in rows}
        for event in events:
            row = known.get(event.external_id)
            if row is not None and row.fingerprint != policies.fingerprint(event):
                raise exceptions.EventConflict(number=event.external_id)
        return known

    def judge(self, rows: Sequence[Event]) -> None:
        """Judge written events, grant their points and keep their explanations."""
        batch.lock(sorted({row.member_id for row in rows}), at=self.now)
        self.climb.load(row.member_id for row in rows)
        occasions = self._occasions(rows)
        orders: list[batch.Order] = []
        noticed = []
        for row, occasion in zip(rows, occasions, strict=True):
            verdict = self._judged(row, occasion)
            growth.acted(self.climb, row, verdict.points)
            row.state = Event.State.POSTED
            row.points = verdict.points
            row.explanation = verdict.explanation
            row.rule_version_id = verdict.rule_version_id
            orders += self._orders(row, verdict)
            if verdict.faults and verdict.rule_version_id is not None:
                noticed.append(
                    faults.Noticed(
                        reference(row), row.member_id, verdict.rule_version_id, verdict.faults
                    )
                )
        if orders:
            batch.post(orders, recorded_at=self.now)
        self.climb.save()
        Event.objects.bulk_update(rows, ["state", "points", "explanation", "rule_version"])
        self.limits.save()
        faults.note(noticed, at=self.now)

    def _judged(self, row: Event, occasion: Occasion) -> earning.Verdict:
        """Judged with the level that the acts before it in the batch have left."""
        tier = self.climb.level_code(row.member_id)
        known = replace(occasion, person=occasion.person._replace(tier=tier))
        return self.judge_bench.purchase(known, member_id=row.member_id)

    def judge_again(self, event: Event) -> bool:
        batch.lock([event.member_id], at=self.now)
        self.climb.load([event.member_id])
        event.refresh_from_db()
        if event.state != Event.State.POSTED:
            return True
        (occasion,) = self._occasions([event], released=[event.explanation])
        # It is judged as if for the first time: what it had used of the limits is free again.
        self.limits.give_back(event.explanation, event.member_id, before=0, after=event.points)
        verdict = self._judged(event, occasion)
        if verdict.faults:
            return False
        more = verdict.points - event.points
        if more > 0:
            repair = earning.repaired(verdict, told_before=event.explanation)
            orders = [
                self._order(
                    event,
                    repair.rule_version,
                    part,
                    reference(event, lot, "event-repair"),
                    earning.told_of_lot(repair, lot),
                )
                for lot, part in enumerate(repair.parts)
            ]
            batch.post(orders, recorded_at=self.now)
            growth.acted(self.climb, event, more)
            self.climb.save()
            names = [reference(event, n) for n in range(len(event.explanation.get("parts", ())))]
            names += [order.reference for order in orders]
            lots = earning.lots_after(verdict, event.explanation, repair, names)
            event.points, event.explanation = verdict.points, verdict.explanation | {"lots": lots}
            event.rule_version_id = verdict.rule_version_id
            event.save(update_fields=["points", "explanation", "rule_version"])
            self.limits.save()
        faults.close(reference=reference(event), points=max(more, 0), at=self.now)
        return True

    def _occasions(
        self, rows: Sequence[Event], released: Sequence[Mapping[str, Any]] = ()
    ) -> list[Occasion]:
        zones = [ZoneInfo(row.store.time_zone if row.store else settings.TIME_ZONE) for row in rows]
        times = [row.occurred_at.astimezone(zone) for row, zone in zip(rows, zones, strict=True)]
        programs = [self.timetable.at(at) for at in times]
        needs = frozenset().union(*(p.needs for p in programs if p is not None))
        ids = {row.member_id for row in rows}
        persons = people.persons(ids, zone=zones[0], needs=needs - {"tier"}) if rows else {}
        if "points_per_yuan" in needs:
            self.points_per_yuan = balances.ledger_settings().points_per_yuan
        self.limits.load(_asks(rows, times, programs), released, lock=True)
        return [
            self._occasion(row, at, persons.get(row.member_id, Person()))
            for row, at in zip(rows, times, strict=True)
        ]

    def _occasion(self, row: Event, at: datetime, person: Person) -> Occasion:
        return Occasion(
            trigger=str(row.trigger),
            at=at,
            lines=[Line(0, scaled(row.amount), row.quantity)],
            store=row.store.code if row.store else "",
            business=row.store.business if row.store else "",
            code=row.code,
            attributes=row.attributes,
            person=person,
            points_per_yuan=self.points_per_yuan,
        )

    def _orders(self, row: Event, verdict: earning.Verdict) -> list[batch.Order]:
        several = len(verdict.parts) > 1
        return [
            self._order(
                row,
                verdict.rule_version,
                part,
                reference(row, place),
                verdict.explanation | ({"part": place} if several else {}),
            )
            for place, part in enumerate(verdict.parts)
        ]

    def _order(
        self, row: Event, rule_version: str, part: Part, name: str, told: dict[str, Any]
    ) -> batch.Order:
        return batch.Earn(
            member_id=row.member_id,
            points=part.points,
            reference=name,
            source=str(row.trigger),
            actor=self.actor,
            at=row.occurred_at,
            expires_at=part.expires_at,
            usable_at=part.usable_at,
            store_id=row.store_id,
            rule_version=rule_version,
            explanation=told,
        )


def reference(event: Event, place: int = 0, kind: str = "event") -> str:
    """What the ledger knows an event by; its further lots have references of their own."""
    return f"{kind}-part:{place}:{event.pk}" if place else f"{kind}:{event.pk}"


def _row(source: str, event: EventInput, actor: str, now: datetime, state: Event.State) -> Event:
    return Event(
        source=source,
        external_id=event.external_id,
        trigger=event.trigger,
        code=event.code,
        member_id=event.member_id,
        occurred_at=event.occurred_at,
        quantity=event.quantity,
        amount=event.amount,
        attributes=dict(event.attributes),
        fingerprint=policies.fingerprint(event),
        state=state,
        actor=actor,
        received_at=now,
    )


def _asks(
    rows: Sequence[Event], times: Sequence[datetime], programs: Sequence[Program | None]
) -> list[Ask]:
    return [
        Ask(program, row.member_id, at)
        for row, at, program in zip(rows, times, programs, strict=True)
        if program is not None and "limits" in program.needs
    ]


def _reverse(event: Event, reason: str, actor: str, now: datetime) -> None:
    parts = event.explanation.get("parts", []) if event.points else []
    lots = event.explanation.get("lots")
    told = {"type": "reversed_event", "event": event.external_id, "reason": reason}
    orders: list[batch.Order] = [
        batch.ClawBack(
            member_id=event.member_id,
            points=part["points"],
            reference=reference(event, place, "event-back"),
            source=str(event.trigger),
            actor=actor,
            at=now,
            of_reference=lots[place] if lots else reference(event, place),
            debt_policy=DebtPolicy(balances.ledger_settings().debt_policy),
            store_id=event.store_id,
            rule_version=f"v{event.explanation['rule']}",
            explanation={**told, "result": part["points"]},
        )
        for place, part in enumerate(parts)
    ]
    if orders:
        batch.post(orders, recorded_at=now)
        growth.fell_away(event, actor=actor, now=now)
        limits = Limits()
        limits.load([], [event.explanation], lock=True)
        limits.give_back(event.explanation, event.member_id, before=0, after=event.points)
        limits.save()
    event.state, event.reversed_at = Event.State.REVERSED, now
    event.reversed_reason = reason
    event.save(update_fields=["state", "reversed_at", "reversed_reason"])
