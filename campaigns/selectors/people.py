"""Members as the rules see them."""

from collections.abc import Collection
from zoneinfo import ZoneInfo

from campaigns.policies.occasions import Person
from members import selectors
from members.selectors import segments
from tiers.selectors import standings

_GROUPS = frozenset({"tier", "segments"})


def persons(
    member_ids: Collection[int], *, zone: ZoneInfo, needs: frozenset[str] = _GROUPS
) -> dict[int, Person]:
    """What rules may know of these members now; the day of joining is one of `zone`.

    Two queries, whatever their number, and one each for levels and segments if `needs` names
    `tier` and `segments`.
    """
    codes = standings.codes_of(member_ids) if "tier" in needs else {}
    groups = segments.segments_of(member_ids) if "segments" in needs else {}
    return {
        pk: Person(
            joined_on=facts.joined_at.astimezone(zone).date(),
            birthday=facts.birthday,
            tier=codes.get(pk, ""),
            segments=groups.get(pk, frozenset()),
            tags=facts.tags,
        )
        for pk, facts in selectors.people_facts(member_ids).items()
    }
