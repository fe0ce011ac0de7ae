"""What a member has agreed to."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from members.models import Consent
from stores.selectors.arrays import among


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a purpose is agreed to, in which version and since when."""

    purpose: str
    label: str
    is_given: bool
    version: str
    given_at: datetime | None
    is_needed: bool


def consents_of(member_id: int) -> list[Standing]:
    """Every purpose with the agreement that stands, in a fixed order. One query."""
    rows = Consent.objects.standing().filter(member_id=member_id).order_by("given_at", "pk")
    given = {row.purpose: row for row in rows}
    return [
        Standing(
            purpose=purpose.value,
            label=str(purpose.label),
            is_given=purpose.value in given,
            version=given[purpose.value].version if purpose.value in given else "",
            given_at=given[purpose.value].given_at if purpose.value in given else None,
            is_needed=purpose in Consent.NEEDED,
        )
        for purpose in Consent.Purpose
    ]


def has_agreed(member_id: int, purpose: str) -> bool:
    """Whether the member agrees to `purpose` now, in any version."""
    return Consent.objects.standing().filter(member_id=member_id, purpose=purpose).exists()


def who_agree(member_ids: Collection[int], *, purpose: str) -> set[int]:
    """Which of these members agree to `purpose` now, in any version. One query."""
    standing = Consent.objects.standing().filter(among("member_id", member_ids), purpose=purpose)
    return set(standing.values_list("member_id", flat=True))
