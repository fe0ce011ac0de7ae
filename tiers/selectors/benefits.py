"""What kinds of benefits there are, what their values mean, and how they read.

A kind is declared by the app that makes it act. `acts` says whether it does by now: a merchant
may prepare one that does not, and is told so; members never see it. An app above registers a
*teller* for what its own settings give to a level (a multiplier in the program's rules), so that
every page says it too, without a second source of truth.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from tiers.models import Level, LevelBenefit

Words = str | Promise


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a benefit, with its bounds: `kind` is whole, decimal, text or choice."""

    name: str
    label: Words
    kind: str = "whole"
    low: Decimal = Decimal(0)
    high: Decimal = Decimal(0)
    required: bool = True
    choices: Mapping[str, Words] = field(default_factory=dict)
    help: Words = ""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of benefit. `told` words its values for members, in the active language."""

    code: str
    name: Words
    values: tuple[Value, ...]
    told: Callable[[Mapping[str, Any]], str]
    acts: bool = True
    # What will make it act, while it does not.
    waits_for: Words = ""
    icon: str = "gift"


@dataclass(frozen=True, slots=True)
class Told:
    """A benefit as people read it."""

    kind: str
    name: str
    text: str


_kinds: dict[str, Kind] = {}
# For codes of levels and a moment: what another app gives to each.
Teller = Callable[[Sequence[str], datetime], Mapping[str, Sequence[Told]]]
_tellers: list[Teller] = []
# For a level's code: what staff may do about it elsewhere, as (label, address).
Links = Callable[[str], Sequence[tuple[str, str]]]
_links: list[Links] = []


def register(kind: Kind) -> None:
    """Declare a kind of benefit, or let one act from now on."""
    _kinds[kind.code] = kind


def register_teller(teller: Teller, *, links: Links | None = None) -> None:
    """Let `teller` say what else levels give, and `links` where staff set it."""
    if teller not in _tellers:
        _tellers.append(teller)
    if links is not None and links not in _links:
        _links.append(links)


def kinds() -> list[Kind]:
    """Every kind, those that act first."""
    return sorted(_kinds.values(), key=lambda kind: not kind.acts)


def kind(code: str) -> Kind | None:
    return _kinds.get(code)


def links_of(code: str) -> list[tuple[str, str]]:
    """Where staff set what other apps give to this level."""
    return [link for links in _links for link in links(code)]


def told(levels: Iterable[Level], *, at: datetime) -> dict[str, list[Told]]:
    """What each level gives at this moment and does give by now, by its code; for members.

    One query, and those of the tellers.
    """
    found = list(levels)
    benefits: dict[int, list[LevelBenefit]] = {}
    for row in LevelBenefit.objects.filter(level__in=[level.pk for level in found]).order_by("pk"):
        benefits.setdefault(row.level_id, []).append(row)
    more = [teller([level.code for level in found], at) for teller in _tellers]
    order = {one.code: place for place, one in enumerate(_kinds.values())}
    return {
        level.code: [
            *(one for told_by in more for one in told_by.get(level.code, ())),
            *_own(sorted(benefits.get(level.pk, ()), key=lambda b: order.get(b.kind, 99))),
        ]
        for level in found
    }


def _own(rows: Iterable[LevelBenefit]) -> Iterable[Told]:
    for row in rows:
        known = _kinds.get(row.kind)
        if known is not None and known.acts:
            yield Told(row.kind, str(known.name), known.told(row.params))


def wording(row: LevelBenefit) -> str:
    """A benefit in words for staff, whether or not it acts."""
    known = _kinds.get(row.kind)
    return known.told(row.params) if known is not None else row.kind


def checked(kind_: Kind, given: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """The values of a benefit as they are kept, and what is wrong with which."""
    clean: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for value in kind_.values:
        raw = given.get(value.name)
        if raw in (None, ""):
            if value.required:
                wrong[value.name] = _("A value is missing.")
            continue
        try:
            clean[value.name] = _read(value, raw)
        except ValueError as error:
            wrong[value.name] = str(error)
    return clean, wrong


def _read(value: Value, raw: Any) -> Any:
    text = str(raw).strip()
    if value.kind == "choice":
        if text not in value.choices:
            raise ValueError(_("This is not one of the choices."))
        return text
    if value.kind == "text":
        if len(text) > value.high or not text.isprintable():
            raise ValueError(_("The text is too long, or has control characters."))
        return text
    number = _number(text)
    is_whole = number == number.to_integral_value()
    if not value.low <= number <= value.high or (value.kind == "whole" and not is_whole):
        bounds = {"low": number_format(value.low), "high": number_format(value.high)}
        raise ValueError(_("From %(low)s to %(high)s.") % bounds)
    return int(number) if value.kind == "whole" else format(number.normalize(), "f")


def _number(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise ValueError(_("This is not a number."))
    return number


def _plain(text: str) -> str:
    return number_format(Decimal(text), use_l10n=True)


def _discount(params: Mapping[str, Any]) -> str:
    if (get_language() or "").startswith("zh"):
        # What is paid, in tenths: 9.5 折 is 5 % off.
        tenths = format(((100 - Decimal(params["percent"])) / 10).normalize(), "f")
        return _("%(tenths)s tenths of the price") % {"tenths": tenths}
    return _("%(percent)s%% off") % {"percent": _plain(params["percent"])}


def _gift(params: Mapping[str, Any]) -> str:
    points = number_format(params["points"])
    if params.get("repeat") == "year":
        return _("%(points)s points on reaching it, once a year") % {"points": points}
    return _("%(points)s points on reaching it, once") % {"points": points}


def _contact(params: Mapping[str, Any]) -> str:
    return " ".join(str(params[name]) for name in ("name", "phone", "hours") if params.get(name))


def _delivery(params: Mapping[str, Any]) -> str:
    if Decimal(params.get("from_yuan", "0")):
        return _("free delivery from ¥%(money)s") % {"money": _plain(params["from_yuan"])}
    return _("free delivery")


def _hours(params: Mapping[str, Any]) -> str:
    hours = params["hours"]
    return ngettext("%(hours)s hour before others", "%(hours)s hours before others", hours) % {
        "hours": number_format(hours)
    }


def _coupon(params: Mapping[str, Any]) -> str:
    return _("%(name)s, %(count)s each month") % {
        "name": params["name"],
        "count": number_format(params["count"]),
    }


_MALL = gettext_lazy("the points mall")
_BUILT_IN = (
    Kind(
        "upgrade_gift",
        gettext_lazy("Upgrade gift"),
        (
            Value("points", gettext_lazy("points"), low=Decimal(1), high=Decimal(10**9)),
            Value(
                "days",
                gettext_lazy("valid for days"),
                low=Decimal(1),
                high=Decimal(3660),
                help=gettext_lazy("Counted from the day of the gift."),
            ),
            Value(
                "repeat",
                gettext_lazy("how often"),
                kind="choice",
                choices={
                    "ever": gettext_lazy("once for each member"),
                    "year": gettext_lazy("once in each calendar year"),
                },
            ),
        ),
        _gift,
    ),
    Kind(
        "discount",
        gettext_lazy("Discount"),
        (
            Value(
                "percent",
                gettext_lazy("per cent off"),
                kind="decimal",
                low=Decimal("0.5"),
                high=Decimal(90),
                help=gettext_lazy("5 is 9.5 of 10. The till is told it with the member."),
            ),
        ),
        _discount,
        icon="tag",
    ),
    Kind(
        "contact",
        gettext_lazy("Service contact of your own"),
        (
            Value("name", gettext_lazy("who"), kind="text", high=Decimal(40)),
            Value("phone", gettext_lazy("phone"), kind="text", high=Decimal(40)),
            Value("hours", gettext_lazy("hours"), kind="text", high=Decimal(40), required=False),
        ),
        _contact,
        icon="phone",
    ),
    Kind(
        "free_delivery",
        gettext_lazy("Free delivery"),
        (
            Value(
                "from_yuan",
                gettext_lazy("from an amount of"),
                kind="decimal",
                high=Decimal(10**6),
                required=False,
            ),
        ),
        _delivery,
        acts=False,
        waits_for=_MALL,
    ),
    Kind(
        "early_access",
        gettext_lazy("Early access"),
        (Value("hours", gettext_lazy("hours earlier"), low=Decimal(1), high=Decimal(720)),),
        _hours,
        acts=False,
        waits_for=_MALL,
    ),
    Kind(
        "monthly_coupon",
        gettext_lazy("Coupons of the month"),
        (
            Value("name", gettext_lazy("coupon"), kind="text", high=Decimal(40)),
            Value("count", gettext_lazy("each month"), low=Decimal(1), high=Decimal(31)),
        ),
        _coupon,
        acts=False,
        waits_for=_MALL,
    ),
    Kind(
        "member_price",
        gettext_lazy("Member price"),
        (),
        lambda params: _("prices of its own in the mall"),
        acts=False,
        waits_for=_MALL,
    ),
)
for _each in _BUILT_IN:
    register(_each)
