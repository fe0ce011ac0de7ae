"""People of another system: found by number or phone, registered and filled in, many at once."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from members import policies, signals
from members.models import ErasedPhone, Member, MemberTag, Tag
from members.selectors import CURRENT_ID
from members.services import codes, tags
from stores.selectors.arrays import among


@dataclass(frozen=True, slots=True)
class Person:
    """What the other system says, checked; `phone` in E.164. At least one of the first two."""

    external_number: str = ""
    phone: str = ""
    name: str = ""
    gender: str = ""
    birthday: date | None = None
    joined_at: datetime | None = None
    home_store_id: int | None = None
    tags: tuple[str, ...] = ()


class Match(NamedTuple):
    """Who the person is here; None: nobody yet. With a `clash`, they cannot be told."""

    member_id: int | None = None
    clash: str = ""


def find(people: Sequence[Person]) -> list[Match]:
    """Who these people are. Four queries, whatever their number.

    `clash`: `phone_of_another` (number and phone belong to two members), `phone_differs` or
    `external_differs` (the member is known by another), `person_left` (an account with this
    phone was closed not long ago: an old file must not bring back who left).
    """
    by_external = _targets("external_number", [p.external_number for p in people])
    by_phone = _targets("phone", [p.phone for p in people])
    ids = {*by_external.values(), *by_phone.values()}
    rows = Member.objects.filter(among("id", ids)).values_list("pk", "phone", "external_number")
    known = {pk: (phone, number) for pk, phone, number in rows} if ids else {}
    left = _left([p.phone for p in people if p.phone and p.phone not in by_phone])
    return [
        Match(clash="person_left")
        if person.phone in left
        else _match(person, by_external, by_phone, known)
        for person in people
    ]


def register(people: Sequence[Person], *, at: datetime, are_new: bool) -> list[int]:
    """Make members of these people; their ids in the same order.

    Rows go in one order for all processes. `are_new` reaches the receivers of
    `members_registered`: somebody who joined elsewhere years ago is not rewarded for joining
    unless the merchant says so. Raises IntegrityError where another process was faster with
    one of them; then the caller's transaction is to be begun anew, with `find`.
    """
    order = sorted(range(len(people)), key=lambda i: (people[i].external_number, people[i].phone))
    made = Member.objects.bulk_create([_member(people[place], at=at) for place in order])
    ids = dict(zip(order, (member.pk for member in made), strict=True))
    if made:
        signals.members_registered.send(
            sender=Member, member_ids=sorted(ids.values()), at=at, are_new=are_new
        )
    put_tags([(ids[place], person) for place, person in enumerate(people)])
    return [ids[place] for place in range(len(people))]


def fill_in(people: Mapping[int, Sequence[Person]]) -> int:
    """Fill in what these members have not told us; what they have stays. How many gained.

    Locks their rows, in the order of their ids; the accounts have to be locked before. Raises
    IntegrityError as `register` does.
    """
    gained = []
    locked = Member.objects.select_for_update(no_key=True).filter(among("id", list(people)))
    for member in locked.order_by("pk"):
        before = _values(member)
        for person in people[member.pk]:
            _fill(member, person)
        if _values(member) != before:
            gained.append(member)
    Member.objects.bulk_update(gained, _FILLED, batch_size=100)
    put_tags([(pk, person) for pk, several in people.items() for person in several])
    return len(gained)


def put_tags(people: Sequence[tuple[int, Person]]) -> None:
    """Put the tags on these members, making those that nobody has yet; none is taken away."""
    names = sorted({name for _pk, person in people for name in person.tags})
    if not names:
        return
    tags.put(names=names)
    ids = dict(Tag.objects.filter(name__in=names).values_list("name", "pk"))
    MemberTag.objects.bulk_create(
        [
            MemberTag(member_id=pk, tag_id=ids[name])
            for pk, person in sorted(people, key=lambda pair: pair[0])
            for name in person.tags
        ],
        ignore_conflicts=True,
        batch_size=500,
    )


_FILLED = ("external_number", "phone", "name", "gender", "birthday", "home_store")


def _values(member: Member) -> tuple[object, ...]:
    return (
        *(member.external_number, member.phone, member.name),
        *(member.gender, member.birthday, member.home_store_id),
    )


def _fill(member: Member, person: Person) -> None:
    member.external_number = member.external_number or person.external_number or None
    member.phone = member.phone or person.phone or None
    member.name = member.name or person.name
    member.gender = member.gender or person.gender
    member.birthday = member.birthday or person.birthday
    member.home_store_id = member.home_store_id or person.home_store_id


def _member(person: Person, *, at: datetime) -> Member:
    payload = secrets.randbelow(policies.MEMBER_NUMBER_PAYLOADS)
    return Member(
        number=policies.member_number(payload),
        external_number=person.external_number or None,
        phone=person.phone or None,
        name=person.name,
        gender=person.gender,
        birthday=person.birthday,
        home_store_id=person.home_store_id,
        source=Member.Source.IMPORT,
        joined_at=person.joined_at or at,
    )


def _targets(field: str, values: Sequence[str]) -> dict[str, int]:
    wanted = {value for value in values if value}
    if not wanted:
        return {}
    rows = Member.objects.filter(among(field, wanted))
    return {str(value): pk for value, pk in rows.values_list(field, CURRENT_ID)}


def _left(phones: Sequence[str]) -> set[str]:
    keys = {codes.phone_key(phone): phone for phone in phones}
    if not keys:
        return set()
    found = ErasedPhone.objects.filter(among("phone_key", set(keys)))
    return {keys[key] for key in found.values_list("phone_key", flat=True)}


def _match(
    person: Person,
    by_external: Mapping[str, int],
    by_phone: Mapping[str, int],
    known: Mapping[int, tuple[str | None, str | None]],
) -> Match:
    named = by_external.get(person.external_number)
    called = by_phone.get(person.phone)
    if named is not None and called is not None:
        return Match(named) if named == called else Match(clash="phone_of_another")
    found = named if named is not None else called
    if found is None:
        return Match()
    phone, number = known[found]
    if called is None and person.phone and phone:
        return Match(clash="phone_differs")
    if named is None and person.external_number and number:
        return Match(clash="external_differs")
    return Match(found)
