"""The rule form laid out as a sentence: when, who, where, what, at what time, gives, at most …"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.forms import BoundField
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from campaigns.forms import fields
from campaigns.forms.conditions import BLOCKS
from campaigns.forms.rules import EFFECTS_WITH, TRIGGERS_WITH_CODE, RuleForm
from campaigns.models import EarningRule
from campaigns.policies import programs
from stores.selectors import goods

_ALL_TRIGGERS = frozenset(EarningRule.Trigger.values)


@dataclass
class Shown:
    """A field or condition on the page; `triggers` and `effects` say when it is asked for."""

    fields: list[BoundField]
    title: Any = ""
    help: Any = ""
    empty: Any = ""
    negation: BoundField | None = None
    triggers: str = ""
    effects: str = ""
    asks: str = ""
    is_condition: bool = False
    is_open: bool = False
    is_filled: bool = False
    suggestions: Sequence[tuple[str, str]] = ()


@dataclass
class Section:
    """One part of the sentence."""

    name: str
    title: Any
    shown: list[Shown] = field(default_factory=list)
    rows: Any = None
    row_errors: Sequence[str] = ()
    effects: str = ""


def sections(form: RuleForm, *, used_channels: Iterable[str] = ()) -> list[Section]:
    """The whole form in the order in which people say a rule."""
    hints = _suggestions(used_channels)

    def asked(*kinds: str) -> list[Shown]:
        return [_condition(form, kind, hints.get(kind, ())) for kind in kinds]

    when = [Shown([form["trigger"]]), _code(form), *asked("attribute")]
    gives = [
        Shown([form["effect"]]),
        *(_given(form, name) for name in ("points", "yuan", "factor")),
    ]
    bands = Section(
        "bands", _("Bands"), rows=form.band_rows, effects=_joined(EFFECTS_WITH["bands"])
    )
    bands.row_errors = form.row_errors.get("bands", ())
    limits = Section("limits", pgettext("rule", "at most"), rows=form.limit_rows)
    limits.row_errors = form.row_errors.get("limits", ())
    found = [
        Section("when", pgettext("rule", "when"), when),
        Section("who", pgettext("rule", "who"), asked("tier", "segment", "tag", "new_member")),
        Section("where", pgettext("rule", "where"), asked("store", "channel", "business")),
        Section(
            "what",
            pgettext("rule", "buys what"),
            asked("category", "sku", "brand", "label", "amount", "quantity"),
        ),
        Section(
            "time",
            pgettext("rule", "at what time"),
            asked("dates", "season", "weekday", "day_of_month", "hours", "nth_purchase"),
        ),
        Section("gives", pgettext("rule", "gives"), gives),
        bands,
        limits,
        Section("validity", pgettext("rule", "valid"), _moment(form, "validity", _VALIDITY_ASKS)),
        Section("timing", pgettext("rule", "usable"), _moment(form, "timing", _TIMING_ASKS)),
        Section(
            "stacking",
            pgettext("rule", "together with others"),
            [_given(form, "combine"), _given(form, "is_multiplied")],
            effects=_joined(EFFECTS_WITH["combine"]),
        ),
    ]
    found[1].shown += asked("birthday")
    if form.kept:
        kept = Shown([form["kept_conditions"]], title=form["kept_conditions"].label)
        kept.help = form["kept_conditions"].help_text
        found.insert(5, Section("kept", _("also"), [kept]))
    return found


_VALIDITY_ASKS = {"count": "months days year_end quarter_end", "date": "date"}
_TIMING_ASKS = {"days": "days", "date": "date"}


def _moment(form: RuleForm, name: str, asks: dict[str, str]) -> list[Shown]:
    told = [Shown([form[f"{name}_kind"]])]
    told += [Shown([form[f"{name}_{key}"]], asks=f"{name}_kind:{of}") for key, of in asks.items()]
    return told


def _given(form: RuleForm, name: str) -> Shown:
    shown = Shown([form[name]], effects=_joined(EFFECTS_WITH[name]))
    if name == "is_multiplied":
        shown.asks = f"combine:{programs.EXTRA}"
    return shown


def _code(form: RuleForm) -> Shown:
    return Shown([form["code"]], triggers=_joined(TRIGGERS_WITH_CODE))


def _condition(form: RuleForm, kind: str, hints: Sequence[tuple[str, str]]) -> Shown:
    block = BLOCKS[kind]
    bound = [form[block.field_name(name)] for name in block.fields]
    negation = form[block.field_name("not")]
    is_filled = any(one.value() not in (None, "", [], ()) for one in bound)
    pick = bound[-1].field
    is_empty = isinstance(pick, fields.PickField) and not pick.offered
    return Shown(
        bound,
        title=block.title,
        help=block.help,
        empty=pick.empty if isinstance(pick, fields.PickField) and is_empty else "",
        negation=negation,
        triggers="" if block.triggers == _ALL_TRIGGERS else _joined(block.triggers),
        is_condition=True,
        is_filled=is_filled,
        is_open=is_filled or any(one.errors for one in bound),
        suggestions=hints,
    )


def _suggestions(used_channels: Iterable[str]) -> dict[str, Sequence[tuple[str, str]]]:
    return {
        "channel": [(one, one) for one in sorted(set(used_channels))],
        "business": [(one, one) for one in goods.known_businesses()],
        "brand": [(one, one) for one in goods.known_brands()[:40]],
        "label": goods.known_labels()[:40],
    }


def _joined(names: Iterable[str]) -> str:
    return " ".join(sorted(str(name) for name in names))
