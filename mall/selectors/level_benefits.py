"""What levels give in the mall (F90): kinds of benefits that act by now."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mall.models import CouponTemplate
from tiers.selectors import benefits
from tiers.selectors.benefits import Kind, Value, Words

# What the catalogue and the redemption ask for; their values stay what they are.
_ACTING = ("member_price", "early_access", "free_delivery")
EACH_MAX = 31


class _Templates(Mapping[str, Words]):
    """The templates by code, as they are whenever somebody looks."""

    def __getitem__(self, code: str) -> Words:
        return self._all()[code]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def _all(self) -> dict[str, Words]:
        rows = CouponTemplate.objects.order_by("-is_on", "-pk")
        return {row.code: row.label for row in rows}


def _told(params: Mapping[str, Any]) -> str:
    """One query. A benefit that was prepared before there were coupons has a name only."""
    template = CouponTemplate.objects.filter(code=params.get("template", "")).first()
    name = template.label if template is not None else params.get("name", "–")
    return _("%(name)s, %(count)s each month") % {"name": name, "count": params["count"]}


MONTHLY = Kind(
    "monthly_coupon",
    gettext_lazy("Coupons of the month"),
    (
        Value(
            "template",
            gettext_lazy("coupon"),
            kind="choice",
            choices=_Templates(),
            help=gettext_lazy("Given on the first of each month, and at once to who rises."),
        ),
        Value("count", gettext_lazy("each month"), low=Decimal(1), high=Decimal(EACH_MAX)),
    ),
    _told,
    icon="gift",
)


def register() -> None:
    """Let the kinds act that the mall makes act."""
    benefits.register(MONTHLY)
    for code in _ACTING:
        known = benefits.kind(code)
        if known is not None:
            benefits.register(replace(known, acts=True, waits_for=""))
