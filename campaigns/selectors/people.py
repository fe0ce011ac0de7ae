"""Members as the rules see them."""

from collections.abc import Collection
from zoneinfo import ZoneInfo

from campaigns.policies.occasions import Person
from members import selectors
from tiers.selectors import standings

_TIER = frozenset({"tier"})


def persons(
    member_ids: Collection[int], *, zone: ZoneInfo, needs: frozenset[str] = _TIER
) -> dict[int, Person]:
    """What rules may know of these members now; the day of joining is one of `zone`.

    Two queries, whatever their number, and one for levels if `needs` names the tier. Segments
    stay empty until there are some.
    """
    codes = standings.codes_of(member_ids) if "tier" in needs else {}
    return {
        pk: Person(
            joined_on=facts.joined_at.astimezone(zone).date(),
            birthday=facts.birthday,
            tier=codes.get(pk, ""),
            tags=facts.tags,
        )
        for pk, facts in selectors.people_facts(member_ids).items()
    }
