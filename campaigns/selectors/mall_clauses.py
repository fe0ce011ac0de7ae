"""What the rules page says of the points mall: redeeming, cancelling, collecting, sending back."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy, ngettext

from mall.models import MallSettings, Reward

Raw = tuple[str, Mapping[str, Any]]
Params = Mapping[str, Any]


def spending() -> Iterable[Raw]:
    """How points are spent in the mall; nothing while nothing stands on a shelf. Two queries."""
    found = list(Reward.objects.on_show().order_by().values_list("kind", "money").distinct()[:500])
    if not found:
        return
    yield "mall_redeem", {}
    if any(money for _kind, money in found):
        settings = MallSettings.objects.first() or MallSettings()
        yield "mall_unpaid", {"minutes": settings.unpaid_minutes}
    yield "mall_cancel", {}
    kinds = {kind for kind, _money in found}
    if kinds & {Reward.Kind.VIRTUAL, Reward.Kind.COUPON, Reward.Kind.RIGHT}:
        yield "mall_digital", {}
    if Reward.Kind.EXPERIENCE in kinds:
        yield "mall_experience", {}


def returns() -> Iterable[Raw]:
    """What becomes of redeemed goods that come back. One query."""
    goods = Reward.objects.on_show().filter(kind=Reward.Kind.PHYSICAL, return_days__gt=0)
    days = goods.order_by("return_days").values_list("return_days", flat=True).first()
    if days is not None:
        yield "mall_returns", {"days": days}


def _unpaid(params: Params) -> str:
    minutes = params["minutes"]
    return ngettext(
        "An order with a part in yuan that is not paid within %(minutes)s minute is cancelled; "
        "its points come back at once.",
        "An order with a part in yuan that is not paid within %(minutes)s minutes is cancelled; "
        "its points come back at once.",
        minutes,
    ) % {"minutes": number_format(minutes)}


def _returns(params: Params) -> str:
    days = params["days"]
    return ngettext(
        "Redeemed goods can be sent back within at least %(days)s day after they arrived, as "
        "the page of the goods says; each piece gives back its share of the points.",
        "Redeemed goods can be sent back within at least %(days)s days after they arrived, as "
        "the page of the goods says; each piece gives back its share of the points.",
        days,
    ) % {"days": number_format(days)}


def _fixed(text: str | Promise) -> Callable[[Params], str]:
    return lambda params: str(text)


RENDERERS: dict[str, Callable[[Params], str]] = {
    "mall_redeem": _fixed(
        gettext_lazy(
            "In the points mall, points are taken when the order is placed, those that lapse "
            "first before others."
        )
    ),
    "mall_cancel": _fixed(
        gettext_lazy(
            "An order can be cancelled until it is shipped, collected or used. Its points go "
            "back to where they came from and keep their validity."
        )
    ),
    "mall_digital": _fixed(
        gettext_lazy("Codes and coupons are delivered at once and cannot be cancelled.")
    ),
    "mall_experience": _fixed(
        gettext_lazy(
            "Experiences can be cancelled until the hours before their date that their page says."
        )
    ),
    "mall_unpaid": _unpaid,
    "mall_returns": _returns,
}
