"""What levels give, set by the merchant."""

from collections.abc import Mapping
from typing import Any

from tiers.exceptions import BenefitInvalid
from tiers.models import Level, LevelBenefit
from tiers.selectors import benefits
from tiers.selectors.benefits import Kind


def put(*, level: Level, kind: Kind, values: Mapping[str, Any]) -> LevelBenefit:
    """Let a level give this, from now on. Raises `BenefitInvalid` with the value's name."""
    clean, wrong = benefits.checked(kind, values)
    for name, reason in wrong.items():
        raise BenefitInvalid(field=name, reason=reason)
    row, _made = LevelBenefit.objects.update_or_create(
        level=level, kind=kind.code, defaults={"params": clean}
    )
    return row


def remove(*, level: Level, kind: Kind) -> None:
    """Let a level give this no more. What was given stays given."""
    LevelBenefit.objects.filter(level=level, kind=kind.code).delete()
