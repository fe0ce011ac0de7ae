"""What a till is told of a member's level, read with the member in one query."""

from datetime import datetime
from typing import Any

from django.db.models import BigIntegerField, OuterRef, Subquery
from django.db.models.functions import Coalesce

from members.selectors.look_up import Annotations, Panel
from tiers.models import Level, LevelBenefit, Standing

_FIELDS = ("code", "name", "name_en", "surface")


def _columns(_at: datetime) -> Annotations:
    level = Coalesce(
        Subquery(Standing.objects.filter(member=OuterRef("pk")).values("level")[:1]),
        Subquery(Level.objects.order_by("rank").values("pk")[:1]),
        output_field=BigIntegerField(),
    )
    of_member = Level.objects.filter(pk=OuterRef("tier_level"))
    discount = LevelBenefit.objects.filter(level=OuterRef("tier_level"), kind="discount")
    return {
        "tier_level": level,
        **{f"tier_{name}": Subquery(of_member.values(name)[:1]) for name in _FIELDS},
        "tier_discount": Subquery(discount.values("params")[:1]),
    }


def _shown(member: Any, _at: datetime) -> dict[str, Any]:
    """Nothing while the merchant has no levels."""
    if member.tier_level is None:
        return {}
    level = Level(**{name: getattr(member, f"tier_{name}") for name in _FIELDS})
    return {
        "code": level.code,
        "name": level.label,
        "surface": level.surface,
        "discount_percent": (member.tier_discount or {}).get("percent"),
    }


PANEL = Panel("tier", _columns, _shown)
