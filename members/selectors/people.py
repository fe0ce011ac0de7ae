"""Finding people, and what rules ask about them."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import NamedTuple

from django.db.models import F, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from members import policies
from members.models import Member, MemberTag, Tag
from stores.selectors.arrays import among

# Whom a row stands for: itself, or the member it was merged into.
CURRENT_ID = Coalesce(F("merged_into_id"), F("pk"))


class PersonFacts(NamedTuple):
    """What earning rules ask about a person."""

    joined_at: datetime
    birthday: date | None
    tags: frozenset[str]


def found_by(text: str) -> QuerySet[Member]:
    """Members whose number, external number, phone or whole name is `text`.

    Exact matches only: each uses a unique index (the name its own), so that a till or a back
    office with a million members answers at once. Blanks in a member number do not matter.
    Rows that were merged away lead to the member who is left.
    """
    wanted = text.strip()
    matches = Q(external_number=wanted) | Q(name=wanted)
    digits = policies.fold_digits(wanted)
    if policies.is_member_number(digits):
        matches |= Q(number=digits)
    if phone := policies.normalise_phone(wanted):
        matches |= Q(phone=phone)
    if not wanted:
        return Member.objects.none()
    found = Member.objects.filter(matches)
    return Member.objects.filter(pk__in=found.values(target=CURRENT_ID))


def tags_of(member_ids: Collection[int]) -> dict[int, frozenset[str]]:
    """The tags of each of these members, by name. One query, whatever their number."""
    found: dict[int, set[str]] = {pk: set() for pk in member_ids}
    if found:
        rows = MemberTag.objects.filter(among("member_id", list(found)))
        for pk, name in rows.values_list("member_id", "tag__name"):
            found[pk].add(name)
    return {pk: frozenset(names) for pk, names in found.items()}


def people_facts(member_ids: Collection[int]) -> dict[int, PersonFacts]:
    """The facts about those of these members that exist. Two queries, whatever their number."""
    ids = set(member_ids)
    if not ids:
        return {}
    tags = tags_of(ids)
    rows = Member.objects.filter(among("id", ids)).values_list("pk", "joined_at", "birthday")
    return {pk: PersonFacts(joined_at, birthday, tags[pk]) for pk, joined_at, birthday in rows}


def known_tags() -> list[str]:
    """Every tag, in the order of the alphabet."""
    return list(Tag.objects.order_by("name").values_list("name", flat=True))


def born_on(days: Sequence[tuple[int, int]], *, after: int, limit: int) -> list[int]:
    """Members whose birthday is on one of these (month, day), by id beyond `after`."""
    matches = Q()
    for month, day in days:
        matches |= Q(birthday__month=month, birthday__day=day)
    rows = Member.objects.filter(matches, pk__gt=after).order_by("pk")
    return list(rows.values_list("pk", flat=True)[:limit])


def standing(matches: Q) -> QuerySet[Member]:
    """The member whom a row that matches stands for: itself, or the one it was merged into."""
    rows = Member.objects.filter(matches, erased_at=None).order_by("pk")
    target = rows.values(target=CURRENT_ID)[:1]
    return Member.objects.filter(pk=Subquery(target), erased_at=None)


def member_id(kind: str, value: str) -> int | None:
    """Whom this `number`, `external` number or `phone` names now; None when there is nobody."""
    matches = {
        "number": Q(number=policies.fold_digits(value.strip())),
        "external": Q(external_number=value.strip()),
        "phone": Q(phone=policies.normalise_phone(value)),
    }
    if kind == "phone" and policies.normalise_phone(value) is None:
        return None
    return standing(matches[kind]).values_list("pk", flat=True).first()
