"""Growth written anew from what happened, for a shop that upgrades or doubts."""

from collections.abc import Collection, Mapping
from datetime import date, datetime

from points.services import batch
from stores.selectors.arrays import among
from tiers.models import GrowthCorrection, GrowthDay
from tiers.policies.growth import Figures
from tiers.services import writing

Days = Mapping[tuple[int, date], Figures]


def replace(*, member_ids: Collection[int], days: Days) -> int:
    """Write the growth of these members anew; returns how many days differed.

    `days` is all that their purchases and acts gave; corrections by staff are added here. The
    caller has locked the members' accounts in the same transaction, before it read `days`.
    """
    wanted = with_corrections(member_ids, days)
    rows = {
        (row.member_id, row.day): row
        for row in GrowthDay.objects.filter(among("member_id", list(member_ids)))
    }
    differing = [key for key in rows.keys() | wanted.keys() if _of(rows, key) != _in(wanted, key)]
    gone = [rows[key].pk for key in differing if key in rows]
    GrowthDay.objects.filter(among("id", gone)).delete()
    writing.add_days({key: wanted[key] for key in differing if key in wanted})
    return len(differing)


def differing(*, member_ids: Collection[int], days: Days) -> int:
    """How many days of these members are not what happened. Writes nothing."""
    wanted = with_corrections(member_ids, days)
    rows = {
        (row.member_id, row.day): row
        for row in GrowthDay.objects.filter(among("member_id", list(member_ids)))
    }
    return sum(_of(rows, key) != _in(wanted, key) for key in rows.keys() | wanted.keys())


def with_corrections(member_ids: Collection[int], days: Days) -> dict[tuple[int, date], Figures]:
    found = dict(days)
    corrections = GrowthCorrection.objects.filter(among("member_id", list(member_ids)))
    for pk, day, amount in corrections.values_list("member_id", "day", "amount"):
        found[pk, day] = found.get((pk, day), Figures()).plus(Figures(adjusted=amount))
    return found


def lock(member_ids: Collection[int], *, at: datetime) -> None:
    """Keep purchases of these members out while their growth is written anew."""
    batch.lock(sorted(member_ids), at=at)


def _of(rows: Mapping[tuple[int, date], GrowthDay], key: tuple[int, date]) -> Figures:
    row = rows.get(key)
    return Figures() if row is None else Figures(row.spent, row.bought, row.acted, row.adjusted)


def _in(days: Days, key: tuple[int, date]) -> Figures:
    return days.get(key, Figures())
