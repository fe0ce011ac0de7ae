"""Templates of coupons as the merchant keeps them: checked, and with their history."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from mall.exceptions.coupons import TemplateInvalid
from mall.models import CouponTemplate, CouponTemplateChange
from mall.policies import coupon_codes
from points.services import checks

CODE_LENGTH_MIN = 4
# What a kind has no use for goes back to its default, so that no row says what it does not mean.
_FOREIGN: dict[str, tuple[str, ...]] = {
    "threshold": ("percent", "cap", "exchange_sku"),
    "percent": ("amount", "exchange_sku"),
    "cash": ("percent", "cap", "exchange_sku"),
    "free_delivery": ("amount", "percent", "exchange_sku"),
    "exchange": ("amount", "percent", "cap", "categories", "skus", "excluded_labels"),
}
_NEEDED = {
    "threshold": ("amount", "threshold"),
    "percent": ("percent",),
    "cash": ("amount",),
    "exchange": ("exchange_sku",),
}
_EMPTY: dict[str, Any] = {
    "amount": Decimal(0),
    "percent": Decimal(0),
    "cap": None,
    "exchange_sku": "",
    "categories": [],
    "skus": [],
    "excluded_labels": [],
}
FIELDS = (
    *("code", "name", "name_en", "kind", "amount", "percent", "cap", "threshold"),
    *("exchange_sku", "exchange_quantity", "store_ids", "categories", "skus", "excluded_labels"),
    *("levels", "segments", "quantity", "per_member", "per_member_month", "per_member_day"),
    *("starts_at", "ends_at", "days", "stacking", "group", "with_points", "on_return"),
    *("public_code", "is_on"),
)


def save(
    *, template_id: int | None, values: Mapping[str, Any], actor: str, at: datetime
) -> CouponTemplate:
    """Keep a template: a new one, or these values of an old one, with who changed what.

    What is issued already keeps its dates, and takes off what the template says when it is used.
    The code never changes. Locks the row, so `quantity` cannot fall below what is issued. Raises
    `TemplateInvalid` with the value's name.
    """
    checks.text(actor, field="actor", length=checks.ACTOR_LENGTH)
    with transaction.atomic():
        if template_id is None:
            template = CouponTemplate(created_at=at)
        else:
            template = CouponTemplate.objects.select_for_update().get(pk=template_id)
        before = {} if template_id is None else _told(template)
        for name, value in values.items():
            if name in FIELDS and not (name == "code" and template_id is not None):
                setattr(template, name, value)
        tidied(template)
        check(template)
        changed = _changes(before, _told(template))
        if changed or template_id is None:
            template.save(force_insert=template_id is None)
            CouponTemplateChange.objects.create(
                template=template, actor=actor, changed_at=at, values=changed
            )
    return template


def tidied(template: CouponTemplate) -> CouponTemplate:
    """The template without what its kind has no use for, its public code folded."""
    for name in _FOREIGN.get(template.kind, ()):
        value = _EMPTY[name]
        setattr(template, name, list(value) if isinstance(value, list) else value)
    template.public_code = coupon_codes.public(template.public_code or "") or None
    if template.stacking != CouponTemplate.Stacking.OTHER_GROUPS:
        template.group = ""
    return template


def check(template: CouponTemplate) -> None:
    """Raise `TemplateInvalid` for the first value that cannot be kept."""
    for name in _NEEDED.get(template.kind, ()):
        if not getattr(template, name):
            _refuse(name, _("A coupon of this kind needs this value."))
    _check_validity(template)
    if template.quantity is not None and template.quantity < template.issued:
        _refuse("quantity", _("More have been issued already."))
    if template.threshold and template.amount > template.threshold:
        _refuse("amount", _("It would take off more than the goods must cost."))
    code = template.public_code
    if code is not None and len(code) < CODE_LENGTH_MIN:
        _refuse("public_code", _("A public code has at least four letters or digits."))
    try:
        template.full_clean(exclude={"created_at"}, validate_constraints=True)
    except ValidationError as error:
        name, messages = next(iter(error.message_dict.items()))
        _refuse(name if name in FIELDS else "code", messages[0])


def _check_validity(template: CouponTemplate) -> None:
    if (template.days is None) == (template.ends_at is None):
        _refuse("days", _("Give either an end or a number of days."))
    starts_at, ends_at = template.starts_at, template.ends_at
    if starts_at is not None and ends_at is not None and starts_at >= ends_at:
        _refuse("ends_at", _("The end lies before the beginning."))


def _refuse(field: str, reason: str) -> None:
    raise TemplateInvalid(field=field, reason=reason)


def _told(template: CouponTemplate) -> dict[str, str]:
    values = {name: getattr(template, name) for name in FIELDS}
    return {
        name: format(value.normalize(), "f") if isinstance(value, Decimal) else str(value)
        for name, value in values.items()
    }


def _changes(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, list[str]]:
    return {
        name: [before.get(name, ""), value]
        for name, value in after.items()
        if before.get(name) != value
    }
