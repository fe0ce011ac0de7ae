"""Bands and limits of a rule: rows of named fields, and back to what is kept."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from campaigns.forms import fields
from campaigns.forms.conditions import PERIOD_WORDS
from campaigns.policies.conditions import decimal_of
from campaigns.policies.numbers import plain
from campaigns.policies.programs import MAX_FACTOR, MAX_LIMIT, MAX_POINTS, MEASURES, SCOPES

Row = Mapping[str, Any]

_SCOPE_WORDS = (
    ("member", gettext_lazy("each member")),
    ("order", gettext_lazy("each purchase")),
    ("all", gettext_lazy("all members together")),
)
_MEASURE_WORDS = (
    ("points", gettext_lazy("points")),
    ("times", gettext_lazy("times")),
    ("yuan", gettext_lazy("yuan (worth of points)")),
)


class BandRow(forms.Form):
    """`from` yuan on: so many points, or so many times the points."""

    place = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["from"] = fields.number_field(gettext_lazy("from (yuan)"))
        self.fields["points"] = fields.whole_field(gettext_lazy("points"), high=MAX_POINTS)
        self.fields["factor"] = fields.number_field(gettext_lazy("multiplied by"))

    def row(self, measure: str) -> dict[str, Any] | None:
        """The band with its `points` or `factor`; None for an empty row. Errors on half rows."""
        start, value = (self.cleaned_data.get(name) for name in ("from", measure))
        if start is None and value is None:
            return None
        for name, one in (("from", start), (measure, value)):
            if one is None and name not in self.errors:
                self.add_error(name, _("Please fill this in."))
        if start is None or value is None:
            return None
        if measure == "factor" and value > MAX_FACTOR:
            self.add_error(
                "factor", _("A factor from 0 to %(limit)s, never negative.") % {"limit": MAX_FACTOR}
            )
        return {
            "from": plain(start),
            measure: plain(value) if isinstance(value, Decimal) else value,
        }


class LimitRow(forms.Form):
    """At most so many points, times or yuan, of whom, in which period."""

    place = forms.IntegerField(required=False, widget=forms.HiddenInput)
    per = fields.choice_field(gettext_lazy("for"), _SCOPE_WORDS)
    period = fields.choice_field(pgettext_lazy("limit", "in"), PERIOD_WORDS)
    value = fields.number_field(gettext_lazy("at most"), low=0)
    measure = fields.choice_field(gettext_lazy("of"), _MEASURE_WORDS)

    def row(self) -> dict[str, Any] | None:
        """The limit as it is kept; None for a row without a figure."""
        value = self.cleaned_data.get("value")
        if value is None:
            return None
        per = self.cleaned_data.get("per") or "member"
        measure = self.cleaned_data.get("measure") or "points"
        if not 0 < value <= MAX_LIMIT:
            self.add_error("value", _("More than zero, please."))
        if measure != "yuan" and value != int(value):
            self.add_error("value", _("Only whole points and times."))
        if per == "order" and measure == "times":
            self.add_error("measure", _("A rule counts only once for one purchase anyhow."))
        told: dict[str, Any] = {"per": per}
        if per != "order":
            told["period"] = self.cleaned_data.get("period") or "ever"
        told[measure] = plain(value) if measure == "yuan" else int(value)
        return told


BandRows = forms.formset_factory(BandRow, extra=2, max_num=40, validate_max=True)
LimitRows = forms.formset_factory(LimitRow, extra=2, max_num=30, validate_max=True)


def is_showable_band(band: Any) -> bool:
    if not isinstance(band, Mapping) or len(band) != 2 or "from" not in band:
        return False
    start, value = decimal_of(band["from"]), decimal_of(band.get("points", band.get("factor")))
    return start is not None and value is not None and min(start, value) >= 0


def band_initial(band: Row) -> dict[str, Any]:
    values = {name: decimal_of(band[name]) for name in ("from", "points", "factor") if name in band}
    return {name: None if value is None else plain(value) for name, value in values.items()}


def normal_band(band: Row) -> Any:
    return {name: decimal_of(value) for name, value in band.items()}


def is_showable_limit(limit: Any) -> bool:
    if not isinstance(limit, Mapping) or set(limit) - {"per", "period", *MEASURES}:
        return False
    measures = [name for name in MEASURES if name in limit]
    periods = [period for period, _word in PERIOD_WORDS]
    if len(measures) != 1 or limit.get("per") not in SCOPES:
        return False
    value = decimal_of(limit[measures[0]])
    return limit.get("period", "ever") in periods and value is not None and value > 0


def limit_initial(limit: Row) -> dict[str, Any]:
    measure = next(name for name in MEASURES if name in limit)
    return {
        "per": limit["per"],
        "period": limit.get("period", "ever"),
        "measure": measure,
        "value": plain(decimal_of(limit[measure]) or Decimal(0)),
    }


def normal_limit(limit: Row) -> Any:
    shown = limit_initial(limit)
    return shown | {"period": None} if shown["per"] == "order" else shown


def initial(
    rows: Sequence[Any], is_showable: Callable[[Any], bool], of: Callable[[Row], dict[str, Any]]
) -> list[dict[str, Any]]:
    """Rows to show, each with its place in the list; others are kept as they stand."""
    if not isinstance(rows, list | tuple):
        return []
    return [of(row) | {"place": n} for n, row in enumerate(rows) if is_showable(row)]


def built(
    original: Sequence[Any],
    told: Sequence[tuple[int | None, Row]],
    is_showable: Callable[[Any], bool],
    normal: Callable[[Row], Any],
) -> list[Any]:
    """The list after editing: rows that say the same stay as they were, in their old order.

    `told` are the rows with the place that each had before; those that the form cannot show
    stay where they are.
    """
    kept = [(n, row) for n, row in enumerate(original) if not is_showable(row)]
    last = len(original)
    for place, row in told:
        is_old = place is not None and 0 <= place < last and is_showable(original[place])
        if is_old and place is not None:
            same = normal(original[place]) == normal(row)
            kept.append((place, original[place] if same else row))
        else:
            kept.append((last, row))
    return [row for _place, row in sorted(kept, key=lambda pair: pair[0])]
