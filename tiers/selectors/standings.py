"""Which level members have: for rules, tills and pages."""

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import OuterRef, Subquery

from members.models import Member
from stores.selectors.arrays import among
from tiers.models import Level, LevelBenefit, Standing, StandingChange

_HISTORY = 20
_DISCOUNT = Subquery(
    LevelBenefit.objects.filter(level=OuterRef("pk"), kind="discount").values("params")[:1]
)


@dataclass(frozen=True, slots=True)
class At:
    """A member's level as a till needs it. `discount` is per cent off, as text; None: none."""

    code: str
    name: str
    surface: str
    discount: str | None


def codes_of(member_ids: Collection[int]) -> dict[int, str]:
    """The code of each member's level; the lowest for who has no row yet; nothing while there
    are no levels. One query, whatever their number."""
    lowest = Level.objects.order_by("rank").values("code")[:1]
    rows = (
        Member.objects.filter(among("id", list(member_ids)))
        .annotate(
            own=Standing.objects.filter(member=OuterRef("pk")).values("level__code")[:1],
            lowest=Subquery(lowest),
        )
        .values_list("pk", "own", "lowest")
    )
    return {pk: own or first for pk, own, first in rows if own or first}


def standing_of(member_ids: Collection[int]) -> dict[int, At]:
    """The level of each member with its name, card and discount; nothing while there are no
    levels. Two queries, whatever their number: built for the till's look-up."""
    levels = list(Level.objects.order_by("rank").annotate(discount=_DISCOUNT))
    if not levels:
        return {}
    by_id = {level.pk: _at(level) for level in levels}
    held = Standing.objects.filter(among("member_id", list(member_ids)))
    found = dict(held.values_list("member_id", "level_id"))
    return {pk: by_id[found.get(pk, levels[0].pk)] for pk in member_ids}


def _at(level: Level) -> At:
    percent = (getattr(level, "discount", None) or {}).get("percent")
    return At(level.code, level.label, level.surface, percent)


def history(member_id: int, *, limit: int = _HISTORY) -> list[StandingChange]:
    """The member's changes of level, newest first. One query."""
    rows = StandingChange.objects.filter(member_id=member_id)
    return list(rows.select_related("before", "after").order_by("-pk")[:limit])
