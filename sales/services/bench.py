"""The judge of one batch, with everything it has to know, read under the caller's locks."""

from collections.abc import Mapping, Sequence
from typing import Any

from campaigns.selectors import rules
from campaigns.services import earning
from campaigns.services.limits import Ask, Limits
from sales.services.occasions import Occasions, Purchase, in_force
from stores.models import Store
from tiers.services.climbing import Climb


def prepare(
    store: Store,
    judged: Sequence[Purchase],
    told: Sequence[Mapping[str, Any]],
    climb: Climb,
    *,
    lock: bool,
) -> tuple[earning.Judge, Occasions]:
    """A judge for the purchases `judged` and for returns of sales explained by `told`.

    The number of queries does not depend on receipts, lines or rules. With `lock`, the limits
    that are common to all members are locked, after the accounts that the caller has locked.
    `climb` knows the members' levels, also as earlier purchases of the batch have raised them.
    """
    timetable = rules.timetable()
    occasions = Occasions(stores=[store], programs=in_force(timetable), climb=climb)
    occasions.load(judged)
    limits = Limits()
    limits.load(
        (
            Ask(program, purchase.member_id, occasions.local(purchase))
            for purchase in judged
            if purchase.member_id is not None
            and (program := timetable.at(purchase.at)) is not None
            and "limits" in program.needs
        ),
        told,
        lock=lock,
    )
    return earning.Judge(timetable=timetable, limits=limits), occasions
