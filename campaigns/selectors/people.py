"""Members as the rules see them."""

from collections.abc import Collection
from zoneinfo import ZoneInfo

from campaigns.policies.occasions import Person
from members import selectors


def persons(member_ids: Collection[int], *, zone: ZoneInfo) -> dict[int, Person]:
    """What rules may know of these members now; the day of joining is one of `zone`.

    Two queries, whatever their number. Tiers and segments stay empty until there are some.
    """
    return {
        pk: Person(
            joined_on=facts.joined_at.astimezone(zone).date(),
            birthday=facts.birthday,
            tags=facts.tags,
        )
        for pk, facts in selectors.people_facts(member_ids).items()
    }
