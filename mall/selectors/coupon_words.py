"""A coupon in words: what it takes off, for what, where, how long, with what. As members read it.

The same sentences stand on the form of a template, in the wallet and at the till. Names of
stores, categories, levels and segments are read once for as many templates as there are.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from django.utils.formats import number_format
from django.utils.timezone import localtime
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from mall.models import CouponTemplate
from members.selectors import segments
from stores.models import Article, Category, Store
from stores.selectors import goods
from stores.selectors.arrays import among
from tiers.models import Level

_Kind = CouponTemplate.Kind
_NAMES_MAX = 4


@dataclass(frozen=True, slots=True)
class Names:
    """The names that sentences need; what is not known is called by its code."""

    stores: dict[int, str] = field(default_factory=dict)
    categories: dict[str, str] = field(default_factory=dict)
    articles: dict[str, str] = field(default_factory=dict)
    levels: dict[str, str] = field(default_factory=dict)
    segments: dict[str, str] = field(default_factory=dict)


def names(templates: Iterable[CouponTemplate]) -> Names:
    """The names for these templates: at most five queries, none for what nobody asks."""
    rows = list(templates)
    stores = {pk for row in rows for pk in row.store_ids}
    categories = {code for row in rows for code in row.categories}
    skus = {sku for row in rows for sku in (*row.skus, row.exchange_sku) if sku}
    levels = {code for row in rows for code in row.levels}
    asked = {code for row in rows for code in row.segments}
    return Names(
        _named(Store.objects.filter(pk__in=stores).values_list("pk", "name"), stores),
        _named(
            Category.objects.filter(among("code", categories)).values_list("code", "name"),
            categories,
        ),
        _named(Article.objects.filter(among("sku", skus)).values_list("sku", "name"), skus),
        {row.code: row.label for row in Level.objects.filter(code__in=levels)} if levels else {},
        segments.known_segments() if asked else {},
    )


def figure(template: CouponTemplate) -> str:
    """What it takes off, as large as it stands on a ticket: `¥20`, `8 折`, `20% off`."""
    if template.kind == _Kind.PERCENT:
        return _off(template.percent)
    if template.kind == _Kind.FREE_DELIVERY:
        return _("free delivery") if template.cap is None else _yuan(template.cap)
    if template.kind == _Kind.EXCHANGE:
        return ngettext("%(count)s piece", "%(count)s pieces", template.exchange_quantity) % {
            "count": template.exchange_quantity
        }
    return _yuan(template.amount)


def condition(template: CouponTemplate) -> str:
    """From which amount, or `no minimum`."""
    if template.threshold:
        return _("from %(money)s") % {"money": _yuan(template.threshold)}
    return _("no minimum")


def what(template: CouponTemplate, known: Names) -> str:
    """One sentence: what it takes off."""
    values = {
        "threshold": _yuan(template.threshold),
        "amount": _yuan(template.amount),
        "cap": _yuan(template.cap) if template.cap is not None else "",
        "off": _off(template.percent),
        "count": template.exchange_quantity,
        "good": known.articles.get(template.exchange_sku, template.exchange_sku),
    }
    return _sentence(template) % values


def scope(template: CouponTemplate, known: Names) -> list[str]:
    """For what, and where: only what is narrowed."""
    told = []
    things = [known.categories.get(code, code) for code in template.categories]
    things += [known.articles.get(sku, sku) for sku in template.skus]
    if things and template.kind not in (_Kind.EXCHANGE, _Kind.FREE_DELIVERY):
        told.append(_("For: %(things)s.") % {"things": _listed(things)})
    elif template.kind not in (_Kind.EXCHANGE, _Kind.FREE_DELIVERY):
        told.append(_("For all goods."))
    if template.excluded_labels and template.kind != _Kind.EXCHANGE:
        labels = [goods.label_name(label) for label in template.excluded_labels]
        told.append(_("Not for: %(things)s.") % {"things": _listed(labels)})
    if template.store_ids:
        places = [known.stores.get(pk, f"#{pk}") for pk in template.store_ids]
        told.append(_("Only in: %(places)s.") % {"places": _listed(places)})
    return told


def validity(template: CouponTemplate) -> str:
    """How long a coupon counts, for who has none yet."""
    if template.ends_at is not None:
        until = last_moment(template.ends_at)
        if template.starts_at is None:
            return _("Valid until %(until)s.") % {"until": until}
        return _("Valid from %(since)s to %(until)s.") % {
            "since": first_moment(template.starts_at),
            "until": until,
        }
    days = template.days or 0
    return ngettext(
        "Valid for %(days)s day after the issue.", "Valid for %(days)s days after the issue.", days
    ) % {"days": days}


def together(template: CouponTemplate) -> list[str]:
    """With what it may be used, and what a return makes of it."""
    Stacking = CouponTemplate.Stacking  # noqa: N806 — the names of its choices
    told = {
        Stacking.ALONE: _("Not together with other coupons."),
        Stacking.OTHER_KINDS: _("Together with coupons of other kinds."),
        Stacking.OTHER_GROUPS: _("Together with coupons of other groups."),
    }
    lines = [told[Stacking(template.stacking)]]
    if not template.with_points:
        lines.append(_("Not together with points as money."))
    if template.on_return == CouponTemplate.OnReturn.LOST:
        lines.append(_("When the whole order is returned, it is lost."))
    else:
        lines.append(_("When the whole order is returned, it comes back with its own validity."))
    return lines


def audience(template: CouponTemplate, known: Names) -> list[str]:
    """Who may claim it with a code, and how many; for staff and for the page of a code."""
    told = []
    if template.levels:
        people = [known.levels.get(code, code) for code in template.levels]
        told.append(_("For the levels: %(people)s.") % {"people": _listed(people)})
    if template.segments:
        people = [known.segments.get(code, code) for code in template.segments]
        told.append(_("For the segments: %(people)s.") % {"people": _listed(people)})
    limits = (
        (template.per_member, _("At most %(count)s for one member.")),
        (template.per_member_month, _("At most %(count)s for one member in a month.")),
        (template.per_member_day, _("At most %(count)s for one member in a day.")),
        (template.quantity, _("%(count)s in all.")),
    )
    told += [words % {"count": number_format(n)} for n, words in limits if n is not None]
    return told


def sentences(template: CouponTemplate, known: Names) -> list[str]:
    """Everything that a template means, in the active language."""
    return [
        what(template, known),
        *scope(template, known),
        validity(template),
        *together(template),
        *audience(template, known),
    ]


def _sentence(template: CouponTemplate) -> str:
    has_threshold, has_cap = bool(template.threshold), template.cap is not None
    if template.kind == _Kind.PERCENT:
        return {
            (False, False): _("%(off)s."),
            (False, True): _("%(off)s, at most %(cap)s."),
            (True, False): _("%(off)s from %(threshold)s."),
            (True, True): _("%(off)s from %(threshold)s, at most %(cap)s."),
        }[has_threshold, has_cap]
    if template.kind == _Kind.FREE_DELIVERY:
        return {
            (False, False): _("Free delivery."),
            (False, True): _("Up to %(cap)s of the freight."),
            (True, False): _("Free delivery from %(threshold)s."),
            (True, True): _("Up to %(cap)s of the freight from %(threshold)s."),
        }[has_threshold, has_cap]
    if template.kind == _Kind.EXCHANGE:
        if has_threshold:
            return _("%(count)s × %(good)s for nothing from %(threshold)s.")
        return _("%(count)s × %(good)s for nothing.")
    return _("%(amount)s off from %(threshold)s.") if has_threshold else _("%(amount)s off.")


def _named(rows: Iterable[tuple[object, str]], asked: set[object] | set[str] | set[int]) -> dict:  # type: ignore[type-arg]  # by whatever key was asked
    return dict(rows) if asked else {}


def _off(percent: Decimal) -> str:
    """20 % off is 8 折 in Chinese."""
    if (get_language() or "").startswith("zh"):
        tenths = format(((100 - percent) / 10).normalize(), "f")
        return _("%(tenths)s tenths of the price") % {"tenths": tenths}
    return _("%(percent)s%% off") % {"percent": format(percent.normalize(), "f")}


def _yuan(money: Decimal) -> str:
    whole = money == money.to_integral_value()
    return "¥" + number_format(int(money) if whole else money, use_l10n=True, force_grouping=False)


def _listed(things: list[str]) -> str:
    shown = _(", ").join(things[:_NAMES_MAX])
    rest = len(things) - _NAMES_MAX
    return (
        shown
        if rest <= 0
        else _("%(things)s and %(count)s more")
        % {
            "things": shown,
            "count": rest,
        }
    )


def last_moment(instant: datetime) -> str:
    """The end of a validity as people say it: what ends at a midnight has a last day."""
    local = localtime(instant)
    if (local.hour, local.minute, local.second) == (0, 0, 0):
        return (local - timedelta(days=1)).strftime("%Y-%m-%d")
    return local.strftime("%Y-%m-%d %H:%M")


def first_moment(instant: datetime) -> str:
    """The beginning of a validity: what begins at a midnight has a first day."""
    local = localtime(instant)
    is_midnight = (local.hour, local.minute) == (0, 0)
    return local.strftime("%Y-%m-%d" if is_midnight else "%Y-%m-%d %H:%M")
