"""Who is in which segment, and where segments are used."""

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from django.db.models import QuerySet

from members import policies
from members.models import Member, Segment, SegmentMember
from members.models.segment import RFM_NAMES
from stores.selectors.arrays import among

_PAGE = 2_000

# What names segments by their code registers here how to ask it (rules, rewards, campaigns).
Uses = Callable[[str, datetime], Iterable[str]]
_users: list[Uses] = []


class Listed(NamedTuple):
    """A member of a segment, as lists and files show one."""

    id: int
    number: str
    external_number: str | None
    name: str
    phone: str | None


def register_user(uses: Uses) -> None:
    """`uses(code, at)` names, in the reader's language, what asks for the segment at `at`, or
    will ask for it later."""
    if uses not in _users:
        _users.append(uses)


def uses_of(code: str, at: datetime) -> list[str]:
    """Everything that a change of this segment's code, or its end, would break."""
    return [place for uses in _users for place in uses(code, at)]


def known_segments() -> dict[str, str]:
    """Code and name of every segment that can be asked for. One query.

    The RFM groups are always there: before the first night they are merely empty.
    """
    found = {code: str(name) for code, name in RFM_NAMES.items()}
    for one in Segment.objects.order_by("code").only("code", "name", "is_active"):
        if one.is_active:
            found[one.code] = str(one)
        else:
            found.pop(one.code, None)
    return found


def segments_of(member_ids: Collection[int]) -> dict[int, frozenset[str]]:
    """The codes of the active segments of each of these members. One query."""
    found: dict[int, set[str]] = {pk: set() for pk in member_ids}
    if found:
        rows = SegmentMember.objects.filter(
            among("member_id", list(found)), segment__is_active=True
        )
        for pk, code in rows.values_list("member_id", "segment__code"):
            found[pk].add(code)
    return {pk: frozenset(codes) for pk, codes in found.items()}


def segments_of_member(member_id: int) -> QuerySet[Segment]:
    """A member's active segments, for a page about the member."""
    return (
        Segment.objects.usable().filter(memberships__member_id=member_id).order_by("kind", "code")
    )


def in_segment(code: str) -> QuerySet[SegmentMember, int]:
    """The ids of a segment's members: `Member.objects.filter(pk__in=in_segment("vip"))`."""
    rows = SegmentMember.objects.filter(segment__code=code, segment__is_active=True)
    return rows.values_list("member_id", flat=True)


def page_of(segment_id: int, *, after: int = 0, limit: int) -> list[Listed]:
    """Members of the segment by id beyond `after`. One query, along the segment's index."""
    rows = SegmentMember.objects.filter(segment_id=segment_id, member_id__gt=after)
    fields = ("id", "number", "external_number", "name", "phone")
    ordered = rows.order_by("member_id").values_list(*(f"member__{name}" for name in fields))
    return [Listed(*row) for row in ordered[:limit]]


def all_of(segment_id: int) -> Iterator[Listed]:
    """Every member of the segment, page by page: what is in memory does not grow with it."""
    after = 0
    while page := page_of(segment_id, after=after, limit=_PAGE):
        yield from page
        after = page[-1].id


def ids_beyond(after: int, *, count: int) -> int | None:
    """The id of the `count`-th member beyond `after`, or of the last; None when there is none."""
    ids = Member.objects.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)
    bound = ids[count - 1 : count].first()
    return bound if bound is not None else ids.last()


def ids_by_keys(values: Collection[str]) -> dict[str, int]:
    """The member behind each number, phone or external number, as people write them.

    A text that could be several is first a member number, then a phone. Three queries per 2,000.
    """
    found: dict[str, int] = {}
    asked = list(dict.fromkeys(values))
    for start in range(0, len(asked), _PAGE):
        chunk = asked[start : start + _PAGE]
        numbers = {value: policies.fold_digits(value) for value in chunk}
        phones = {value: phone for value in chunk if (phone := policies.normalise_phone(value))}
        externals = {value: value.strip() for value in chunk}
        for field, keys in (
            ("external_number", externals),
            ("phone", phones),
            ("number", numbers),
        ):
            rows = Member.objects.filter(among(field, sorted(set(keys.values()))))
            ids = dict(rows.values_list(field, "pk"))
            found |= {value: ids[key] for value, key in keys.items() if key in ids}
    return found
