"""A window of persons taken in: registered, filled in, their lots booked once and for all."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from members.services import people_import
from points.models import Account, AccountMerge, Entry
from points.policies import LIMIT, start_of_day
from points.services import batch
from points.services.openings.rows import Fault, OpeningRow, shown
from points.services.openings.spool import Issue, Person

SOURCE = "opening"
_NUMBERED = f"{SOURCE}:lot:"


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for a whole run: its day, who does it, and what it makes of people."""

    at: datetime
    today: date
    zone: ZoneInfo
    actor: str
    are_new: bool
    store_id: int | None
    stores: Mapping[str, int]


class Figures(NamedTuple):
    """What a lot was brought over with; its reference says which lot it is."""

    points: int
    earned: str
    valid: str
    credited: str

    def __str__(self) -> str:
        days = f"{self.earned or '–'} / {self.valid or '–'}"
        return f"{self.points} · {days}" + (f" · {self.credited}" if self.credited else "")


class Booking(NamedTuple):
    """A lot that was booked for a member who had been there before."""

    member_id: int
    reference: str
    figures: Figures


@dataclass
class Outcome:
    """What became of a window: counts by the name of the run's field, and what was refused."""

    tally: Counter[str] = field(default_factory=Counter)
    issues: list[Issue] = field(default_factory=list)
    bookings: list[Booking] = field(default_factory=list)

    def refuse(self, rows: Iterable[tuple[int, OpeningRow]], fault: Fault) -> None:
        for number, row in rows:
            value = str(getattr(row, fault.field)) if fault.field else ""
            self.issues.append(Issue(number, fault._replace(value=shown(fault.field, value))))
            self.tally["rows_refused"] += 1


Booked = dict[int, dict[str, Figures]]
Previewed = Callable[[Sequence[int]], Iterable[Booking]]


def take(
    persons: Sequence[Person], terms: Terms, *, previewed: Previewed = lambda ids: ()
) -> Outcome:
    """Take in these persons with their lots, within the caller's transaction.

    A lot is known by its number, or by its days, within its member's account and those merged
    into it: again, it is counted and not booked. Locks the accounts, then the members' rows. A
    fixed number of statements, however many persons. Raises IntegrityError where another
    process registers the same people at this moment, and what `batch.post` raises; then nothing
    of the window may be kept.
    """
    outcome = Outcome()
    people = [_person(person, terms) for person in persons]
    matches = people_import.find(people)
    ids = _entered(persons, people, matches, terms, outcome)
    known: dict[int, list[people_import.Person]] = {}
    for one, match in zip(people, matches, strict=True):
        if match.member_id is not None:
            known.setdefault(match.member_id, []).append(one)
    batch.lock([pk for pk in ids if pk is not None], at=terms.at)
    people_import.fill_in(known)
    booked = _booked(list(known))
    for booking in previewed(list(known)):
        booked.setdefault(booking.member_id, {})[booking.reference] = booking.figures
    judge = _Judge(terms, outcome, booked, _room([pk for pk in ids if pk is not None]))
    for person, pk in zip(persons, ids, strict=True):
        if pk is not None:
            judge.person(pk, person, is_known=pk in known)
    batch.post(judge.orders, recorded_at=terms.at)
    return outcome


def _person(person: Person, terms: Terms) -> people_import.Person:
    """What the rows say together; they do not contradict each other."""

    def said(name: str) -> str:
        return next((text for _row, one in person.rows if (text := getattr(one, name))), "")

    birthday, joined, store = said("birthday"), said("joined"), said("store")
    names = {name for _row, one in person.rows for name in one.tags.split(";") if name}
    return people_import.Person(
        external_number=said("external"),
        phone=said("phone"),
        name=said("name"),
        gender=said("gender"),
        birthday=date.fromisoformat(birthday) if birthday else None,
        joined_at=_start(joined, terms.zone) if joined else None,
        home_store_id=terms.stores[store] if store else terms.store_id,
        tags=tuple(sorted(names)),
    )


_CLASH_FIELDS = {"external_differs": "external"}


def _entered(
    persons: Sequence[Person],
    people: Sequence[people_import.Person],
    matches: Sequence[people_import.Match],
    terms: Terms,
    outcome: Outcome,
) -> list[int | None]:
    """The member of each person, registered where there was none; None where they clash."""
    ids = [match.member_id for match in matches]
    missing = []
    for place, match in enumerate(matches):
        if match.clash:
            fault = Fault(match.clash, _CLASH_FIELDS.get(match.clash, "phone"))
            outcome.refuse(persons[place].rows, fault)
        elif match.member_id is None:
            missing.append(place)
    made = people_import.register(
        [people[place] for place in missing], at=terms.at, are_new=terms.are_new
    )
    for place, pk in zip(missing, made, strict=True):
        ids[place] = pk
    outcome.tally["members_new"] = len(made)
    outcome.tally["members_known"] = sum(match.member_id is not None for match in matches)
    return ids


def _booked(member_ids: Sequence[int]) -> Booked:
    """What was brought over before, with what came from accounts that were merged into these."""
    accounts = dict(
        Account.objects.filter(member_id__in=member_ids, unit="points").values_list(
            "pk", "member_id"
        )
    )
    gone = AccountMerge.objects.filter(kept_id__in=list(accounts))
    accounts |= {old: accounts[kept] for old, kept in gone.values_list("gone_id", "kept_id")}
    found: Booked = {}
    entries = Entry.objects.filter(account_id__in=list(accounts), source=SOURCE)
    for entry in entries.only("account_id", "reference", "explanation"):
        detail: dict[str, Any] = entry.explanation
        found.setdefault(accounts[entry.account_id], {})[entry.reference] = Figures(
            detail["points"],
            *(detail.get(name, "") for name in ("earned_on", "valid_until", "credited_on")),
        )
    return found


def _room(member_ids: Sequence[int]) -> dict[int, int]:
    """How many more points each account can hold."""
    rows = Account.objects.filter(member_id__in=member_ids, unit="points")
    return {
        pk: LIMIT - max(earned, available + held + pending)
        for pk, earned, available, held, pending in rows.values_list(
            "member_id", "earned_total", "available", "held", "pending"
        )
    }


class _Judge:
    """Decides of each lot whether it is booked, known, lapsed or refused."""

    def __init__(
        self, terms: Terms, outcome: Outcome, booked: Booked, room: dict[int, int]
    ) -> None:
        self.terms = terms
        self.outcome = outcome
        self.orders: list[batch.Earn] = []
        self._booked = booked
        self._room = room

    def person(self, member_id: int, person: Person, *, is_known: bool) -> None:
        before = self._booked.get(member_id, {})
        coming: dict[str, Figures] = {}
        for number, row in person.rows:
            if row.points:
                self._lot(member_id, number, row, before, coming)
        if is_known:
            self._booked[member_id] = before | coming
            self.outcome.bookings += [Booking(member_id, *pair) for pair in coming.items()]

    def _lot(
        self,
        member_id: int,
        number: int,
        row: OpeningRow,
        before: Mapping[str, Figures],
        coming: dict[str, Figures],
    ) -> None:
        reference = reference_of(row)
        figures = Figures(row.points, row.earned, row.valid, row.credited)
        fault = self._fault(member_id, row, reference, figures, before)
        if fault is not None:
            self.outcome.refuse([(number, row)], fault)
        elif reference in before:
            self._count("known", row)
        elif row.valid and row.valid < self.terms.today.isoformat():
            # Its points were settled where they lapsed.
            self._count("lapsed", row)
        else:
            self._room[member_id] -= row.points
            coming[reference] = figures
            self.orders.append(self._order(member_id, row, reference))
            self._count("new", row)

    def _fault(
        self,
        member_id: int,
        row: OpeningRow,
        reference: str,
        figures: Figures,
        before: Mapping[str, Figures],
    ) -> Fault | None:
        known = before.get(reference)
        if known is not None:
            return (
                None
                if known == figures
                else Fault("lot_changed", "points", params={"before": str(known)})
            )
        for other, lot in before.items():
            same_days = (lot.earned, lot.valid) == (row.earned, row.valid)
            if same_days and other.startswith(_NUMBERED) != bool(row.lot):
                return Fault("lot_numbered_since", "lot")
        if row.points > self._room[member_id]:
            return Fault("points_too_many", "points", params={"limit": LIMIT})
        return None

    def _count(self, what: str, row: OpeningRow) -> None:
        self.outcome.tally[f"lots_{what}"] += 1
        self.outcome.tally[f"points_{what}"] += row.points

    def _order(self, member_id: int, row: OpeningRow, reference: str) -> batch.Earn:
        terms = self.terms
        told: dict[str, Any] = {"type": SOURCE, "points": row.points}
        told |= {"lot": row.lot} if row.lot else {}
        days = {"earned_on": row.earned, "valid_until": row.valid, "credited_on": row.credited}
        told |= {name: day for name, day in days.items() if day}
        return batch.Earn(
            member_id=member_id,
            points=row.points,
            reference=reference,
            source=SOURCE,
            actor=terms.actor,
            at=terms.at,
            expires_at=_end(row.valid, terms.zone) if row.valid else None,
            usable_at=_start(row.credited, terms.zone) if row.credited else None,
            earned_at=_start(row.earned, terms.zone) if row.earned else None,
            store_id=terms.stores[row.store] if row.store else terms.store_id,
            explanation=told,
        )


def reference_of(row: OpeningRow) -> str:
    """By what a lot is known for ever within its account: its number, or else its days."""
    if row.lot:
        return f"{_NUMBERED}{row.lot}"
    return f"{SOURCE}:days:{row.earned or '-'}:{row.valid or '-'}"


def told(detail: dict[str, Any]) -> str:
    """Where the points came from, for their member and for staff."""
    parts = [_("Brought over from the former system")]
    if lot := detail.get("lot"):
        parts.append(_("lot %(lot)s") % {"lot": lot})
    if day := detail.get("earned_on"):
        parts.append(_("earned on %(day)s") % {"day": day})
    return " · ".join(parts)


def _start(day: str, zone: ZoneInfo) -> datetime:
    return start_of_day(date.fromisoformat(day), zone)


def _end(day: str, zone: ZoneInfo) -> datetime:
    """The instant at which the day is over: it is the last one on which the points count."""
    return start_of_day(date.fromisoformat(day) + timedelta(days=1), zone)
