"""A rule's conditions as named fields, and back, without losing anything.

Each kind of condition has one block of fields. What a block cannot show exactly (a second
condition of the same kind, or one that is not usable as it is) is kept as it stands and can only
be removed.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from campaigns.forms import fields
from campaigns.models import EarningRule
from campaigns.policies.conditions import KINDS, decimal_of
from campaigns.policies.numbers import plain

Condition = Mapping[str, Any]
PERIOD_WORDS = (
    ("day", pgettext_lazy("period", "a day")),
    ("week", pgettext_lazy("period", "a week")),
    ("month", pgettext_lazy("period", "a month")),
    ("quarter", pgettext_lazy("period", "a quarter")),
    ("year", pgettext_lazy("period", "a year")),
    ("ever", pgettext_lazy("period", "ever")),
)
_SPAN_WORDS = (
    ("day", _("on the birthday")),
    ("week", _("in the week of the birthday")),
    ("month", _("in the month of the birthday")),
)
_LAST_DAYS = ((-1, _("the last")), (-2, _("the last but one")), (-3, _("the last but two")))

_PURCHASES = frozenset({EarningRule.Trigger.PURCHASE, EarningRule.Trigger.FIRST_ORDER})
_EVERYTHING = frozenset(EarningRule.Trigger.values)


@dataclass(frozen=True)
class Block:
    """The fields of one kind of condition, and the triggers that know what it asks for."""

    kind: str
    title: Any
    fields: Mapping[str, Callable[[], forms.Field]]
    triggers: frozenset[str] = _EVERYTHING
    help: Any = ""

    def field_name(self, name: str) -> str:
        return f"c_{self.kind}_{name}"


def _list(label: Any) -> Callable[[], forms.Field]:
    return lambda: fields.ListField(label=label)


def _pick(label: Any) -> Callable[[], forms.Field]:
    return lambda: fields.PickField(label=label)


def _range(places: int, low: Any, high: Any) -> Mapping[str, Callable[[], forms.Field]]:
    return {
        "from": lambda: fields.number_field(low, places=places),
        "to": lambda: fields.number_field(high, places=places),
    }


def _weekdays() -> forms.Field:
    field = fields.NumbersField(label=_("weekdays"), columns=True)
    field.offer((str(day + 1), word) for day, word in WEEKDAYS.items())
    return field


def _days_of_month() -> forms.Field:
    field = fields.NumbersField(label=_("days of the month"), columns=True)
    days = [(str(day), str(day)) for day in range(1, 32)]
    field.offer([*days, *[(str(day), str(word)) for day, word in _LAST_DAYS]])
    return field


BLOCKS: dict[str, Block] = {
    block.kind: block
    for block in (
        Block("tier", _("tier"), {"in": _pick(_("tiers"))}),
        Block("segment", _("segment"), {"in": _pick(_("segments"))}),
        Block("tag", _("tag of the member"), {"in": _pick(_("tags"))}),
        Block(
            "new_member",
            _("new member"),
            {"days": lambda: fields.whole_field(_("days since joining, at most"), low=1)},
        ),
        Block(
            "birthday",
            pgettext_lazy("condition", "birthday"),
            {"span": lambda: fields.choice_field(_("when"), [("", _("any day")), *_SPAN_WORDS])},
        ),
        Block("store", _("store"), {"in": _pick(_("stores"))}),
        Block("channel", _("channel"), {"in": _list(_("channels"))}),
        Block("business", _("line of business"), {"in": _list(_("lines of business"))}),
        Block(
            "category",
            _("category"),
            {"in": _pick(_("categories, with everything below them"))},
            _PURCHASES,
        ),
        Block("sku", _("article"), {"in": _list(_("article numbers"))}, _PURCHASES),
        Block("brand", _("brand"), {"in": _list(_("brands"))}, _PURCHASES),
        Block("label", _("label of the goods"), {"in": _list(_("labels"))}, _PURCHASES),
        Block(
            "amount",
            _("amount"),
            _range(2, _("from (yuan)"), _("below (yuan)")),
            help=_("Of the goods that the rule is about, after deductions."),
        ),
        Block(
            "quantity",
            _("quantity"),
            _range(3, _("from (items)"), _("below (items)")),
            help=_("Of the goods that the rule is about."),
        ),
        Block(
            "dates",
            _("dates"),
            {
                "from": lambda: fields.date_field(_("first day")),
                "to": lambda: fields.date_field(_("last day")),
            },
        ),
        Block(
            "season",
            _("season, every year"),
            {
                "from": lambda: fields.day_of_year_field(_("from (month-day)")),
                "to": lambda: fields.day_of_year_field(_("through (month-day)")),
            },
            help=_("It may lie across the turn of the year: 12-20 through 01-10."),
        ),
        Block("weekday", _("weekday"), {"in": _weekdays}),
        Block("day_of_month", _("day of the month"), {"in": _days_of_month}),
        Block(
            "hours",
            _("hours"),
            {
                "from": lambda: fields.clock_field(_("from (hour:minute)")),
                "to": lambda: fields.clock_field(_("until (hour:minute)")),
            },
            help=_("By the store's clock; they may lie across midnight: 22:00 until 02:00."),
        ),
        Block(
            "nth_purchase",
            _("nth purchase"),
            {
                "period": lambda: fields.choice_field(
                    _("counted within"), [("", _("do not count")), *PERIOD_WORDS]
                ),
                "from": lambda: fields.whole_field(_("from number"), low=1),
                "to": lambda: fields.whole_field(_("through number (empty: no end)"), low=1),
                "every": lambda: fields.whole_field(_("every … th (empty: each)"), low=1),
            },
            frozenset({EarningRule.Trigger.PURCHASE}),
        ),
        Block(
            "attribute",
            _("attribute of the event"),
            {
                "name": lambda: fields.text_field(_("name of the attribute")),
                "in": _list(_("values")),
            },
            _EVERYTHING - _PURCHASES,
            help=_("As the mini-program or the till reports it, for example platform = wechat."),
        ),
    )
}
NEGATION = (("", _("is")), ("1", _("is not")))


def make_fields() -> dict[str, forms.Field]:
    """All condition fields by name, with the choice to turn each condition round."""
    made: dict[str, forms.Field] = {}
    for block in BLOCKS.values():
        made[block.field_name("not")] = fields.choice_field(block.title, NEGATION)
        for name, make in block.fields.items():
            made[block.field_name(name)] = make()
    return made


def shown(conditions: Sequence[Any]) -> dict[int, str]:
    """Which conditions the blocks show: place in the list → kind. The first of each kind."""
    found: dict[int, str] = {}
    if not isinstance(conditions, list | tuple):
        return found
    for place, condition in enumerate(conditions):
        if _is_showable(condition) and condition["kind"] not in found.values():
            found[place] = condition["kind"]
    return found


def _is_showable(condition: Any) -> bool:
    if not isinstance(condition, Mapping) or condition.get("kind") not in BLOCKS:
        return False
    kind = KINDS[condition["kind"]]
    if set(condition) - {"kind", "not", *kind.names}:
        return False
    if condition.get("not", False) not in (True, False) or any(kind.problems(condition)):
        return False
    values = condition.get("in", [])
    texts = [value for value in values if isinstance(value, str)]
    return fields.split_values(fields.joined_values(texts)) == texts


def initial(condition: Condition) -> dict[str, Any]:
    """What the block's fields show for `condition`."""
    block = BLOCKS[condition["kind"]]
    values: dict[str, Any] = {block.field_name("not"): "1" if condition.get("not") else ""}
    for name in block.fields:
        value = condition.get(name)
        if name in ("from", "to") and block.kind in ("amount", "quantity"):
            number = decimal_of(value)
            value = None if number is None else plain(number)
        values[block.field_name(name)] = value
    return values


def written(kind: str, cleaned: Mapping[str, Any]) -> dict[str, Any] | None:
    """The condition that the block's fields say, or None when they say nothing."""
    block = BLOCKS[kind]
    values = {name: _plain(cleaned.get(block.field_name(name))) for name in block.fields}
    told = {name: value for name, value in values.items() if value not in (None, "", [])}
    if not told:
        return None
    made: dict[str, Any] = {"kind": kind, **told}
    if cleaned.get(block.field_name("not")):
        made["not"] = True
    return made


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return plain(value)
    return value.isoformat() if isinstance(value, date) else value


def is_same(one: Condition, other: Condition) -> bool:
    """Whether both say the same, whatever the order of values or the notation of figures."""
    return _normal(one) == _normal(other)


def _normal(condition: Condition) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, value in condition.items():
        if value is None or value is False or value == "":
            continue
        if name == "in" and isinstance(value, list):
            values[name] = frozenset(value)
        elif condition.get("kind") in ("amount", "quantity") and name in ("from", "to"):
            values[name] = decimal_of(value)
        else:
            values[name] = value
    return values


@dataclass(frozen=True)
class Built:
    """The list of conditions, and for each its kind; None where it was kept as it stood."""

    conditions: list[Any]
    kinds: list[str | None]


def built(original: Sequence[Any], cleaned: Mapping[str, Any], kept: Sequence[int]) -> Built:
    """The conditions after editing, in their old order, new ones last in the form's order."""
    in_blocks = shown(original)
    found: list[tuple[Any, str | None]] = []
    for place, condition in enumerate(original):
        kind = in_blocks.get(place)
        if kind is None:
            if place in kept:
                found.append((condition, None))
        elif (now := written(kind, cleaned)) is not None:
            found.append((condition if is_same(now, condition) else now, kind))
    new = (kind for kind in BLOCKS if kind not in in_blocks.values())
    found += [(now, kind) for kind in new if (now := written(kind, cleaned)) is not None]
    return Built([condition for condition, _kind in found], [kind for _condition, kind in found])
