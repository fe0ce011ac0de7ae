"""Rules that could not be evaluated: noted when it happens, closed when it is made good."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from campaigns.models import RuleFault
from campaigns.policies.judging import RuleFault as Fault


class Noticed(NamedTuple):
    """Faults that one purchase or event met; `reference` is its own in the ledger."""

    reference: str
    member_id: int | None
    version_id: int
    faults: Sequence[Fault]


def note(noticed: Iterable[Noticed], *, at: datetime) -> None:
    """Record faults for staff; what is noted already stays as it is."""
    rows = [
        RuleFault(
            version_id=one.version_id,
            rule_key=fault.rule,
            error=fault.error,
            reference=one.reference,
            member_id=one.member_id,
            noticed_at=at,
        )
        for one in noticed
        for fault in one.faults
    ]
    RuleFault.objects.bulk_create(rows, ignore_conflicts=True)


def close(*, reference: str, points: int, at: datetime) -> int:
    """Close the faults of a purchase or event that was judged again; returns how many.

    `points` is what it was granted now.
    """
    return RuleFault.objects.filter(reference=reference, state=RuleFault.State.OPEN).update(
        state=RuleFault.State.REPAIRED, repaired_at=at, points=points
    )
