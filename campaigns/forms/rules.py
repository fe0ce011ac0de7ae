"""One rule of a draft as people write it: named fields for everything that it can say."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    CHECKBOX_CLASSES,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from campaigns.forms import conditions, fields, moments, rows
from campaigns.models import EarningRule, EarningRuleVersion
from campaigns.policies import programs
from campaigns.policies.conditions import Problem, decimal_of
from campaigns.policies.programs import RuleTerms
from campaigns.selectors import problems, vocabulary, wording
from stores.selectors import goods

_RATES = frozenset({programs.PER_YUAN, programs.PER_BLOCK})
_BANDED = frozenset({programs.BANDS, programs.BAND_MULTIPLIER})
# Which effects ask for which field; what none asks for is left as it was.
EFFECTS_WITH: Mapping[str, frozenset[str]] = {
    "points": _RATES | {programs.PER_ITEM, programs.FIXED},
    "yuan": _RATES,
    "factor": frozenset({programs.MULTIPLIER}),
    "bands": _BANDED,
    "combine": frozenset(programs.EFFECTS) - programs.MULTIPLYING,
    "is_multiplied": frozenset(programs.EFFECTS) - programs.MULTIPLYING,
}
TRIGGERS_WITH_CODE = frozenset(EarningRule.Trigger.values) - {
    EarningRule.Trigger.PURCHASE,
    EarningRule.Trigger.FIRST_ORDER,
    EarningRule.Trigger.REGISTRATION,
    EarningRule.Trigger.PROFILE,
    EarningRule.Trigger.BIRTHDAY,
}
_PROGRAM_S = [("", gettext_lazy("as the program says"))]
_NONE_YET = {
    "tier": gettext_lazy("There are no levels yet. Make them under Members, Levels."),
    "segment": gettext_lazy("There are no segments yet. Make them under Members, Segments."),
    "tag": gettext_lazy("There are no tags yet. Make them under Members, Tags."),
    "store": gettext_lazy("There are no stores yet."),
    "category": gettext_lazy("There are no categories yet. Make them under Stores, Categories."),
}


def mark_of(rule: RuleTerms) -> str:
    """A fingerprint of the rule's content, to notice that somebody else has changed it."""
    text = json.dumps(asdict(rule), sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _figure() -> forms.Widget:
    widget: forms.Widget = UnfoldAdminTextInputWidget(
        attrs={"inputmode": "decimal", "autocomplete": "off", "data-figure": "1"}
    )
    return widget


class RuleForm(forms.ModelForm[EarningRule]):
    """Builds the rule's JSON from the fields and shows it in them, without losing any of it.

    Fields that the chosen effect or trigger does not ask for are ignored. What is wrong with the
    rule is told at the field that it is about.
    """

    validity_kind = fields.choice_field(
        gettext_lazy("validity of what it gives"),
        [*_PROGRAM_S, *EarningRuleVersion.Validity.choices],
    )
    validity_count = fields.whole_field(
        gettext_lazy("number of months, days, years or quarters"), high=3660
    )
    validity_date = fields.date_field(gettext_lazy("last day of validity"))
    timing_kind = fields.choice_field(
        gettext_lazy("when usable"),
        [
            ("inherit", gettext_lazy("as the program says")),
            ("at_once", gettext_lazy("at once")),
            ("days", gettext_lazy("some days after completion")),
            ("date", gettext_lazy("on a day (presale, group-buy)")),
        ],
    )
    timing_days = fields.whole_field(gettext_lazy("days after completion"), high=365)
    timing_date = fields.date_field(gettext_lazy("usable from"))
    kept_conditions = fields.PickField(
        label=gettext_lazy("Conditions kept as they are"),
        help_text=gettext_lazy("Untick one to remove it."),
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = EarningRule
        fields = (
            "name",
            "name_en",
            "trigger",
            "code",
            "effect",
            "points",
            "yuan",
            "factor",
            "combine",
            "is_multiplied",
        )
        labels = {"factor": gettext_lazy("multiplied by")}
        widgets = {
            "name": UnfoldAdminTextInputWidget,
            "name_en": UnfoldAdminTextInputWidget,
            "code": UnfoldAdminTextInputWidget,
            "trigger": UnfoldAdminSelectWidget,
            "effect": UnfoldAdminSelectWidget,
            "combine": UnfoldAdminSelectWidget,
            "points": _figure(),
            "yuan": _figure(),
            "factor": _figure(),
            "is_multiplied": forms.CheckboxInput(attrs={"class": " ".join(CHECKBOX_CLASSES)}),
        }

    def __init__(self, *args: Any, version: EarningRuleVersion, **kwargs: Any) -> None:
        instance = kwargs.get("instance") or EarningRule(version=version)
        kwargs["instance"] = instance
        self.before = instance.as_terms()
        self.kept = self._kept()
        kwargs["initial"] = self._initial() | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)
        self.fields.update(conditions.make_fields())
        self.row_errors: dict[str, list[str]] = {}
        self.known = vocabulary.Known()
        self._offer()
        data = self.data if self.is_bound else None
        self.band_rows = rows.BandRows(
            data,
            prefix="bands",
            initial=rows.initial(self.before.bands, rows.is_showable_band, rows.band_initial),
        )
        self.limit_rows = rows.LimitRows(
            data,
            prefix="limits",
            initial=rows.initial(self.before.limits, rows.is_showable_limit, rows.limit_initial),
        )

    # --- what is shown -----------------------------------------------------------------------

    def _initial(self) -> dict[str, Any]:
        before = self.before
        values: dict[str, Any] = {"seen": mark_of(before)}
        for place in conditions.shown(before.conditions):
            values |= conditions.initial(before.conditions[place])
        values["kept_conditions"] = [str(place) for place, _condition in self.kept]
        values |= moments.initial("validity", before.validity, ("count", "date"), "")
        values |= moments.initial("timing", before.timing, ("days", "date"), "inherit")
        return values

    def _kept(self) -> list[tuple[int, Any]]:
        in_blocks = conditions.shown(self.before.conditions)
        return [(n, one) for n, one in enumerate(self.before.conditions) if n not in in_blocks]

    def _offer(self) -> None:
        """Put what exists into the pickers."""
        for kind, block in conditions.BLOCKS.items():
            field = self.fields.get(block.field_name("in"))
            if isinstance(field, fields.PickField) and kind in _NONE_YET:
                chosen = self.initial.get(block.field_name("in")) or ()
                field.offer(self._existing(kind), chosen)
                field.empty = _NONE_YET[kind]
        kept = self.fields["kept_conditions"]
        if isinstance(kept, fields.PickField):
            names = wording.Names()
            kept.offer((str(n), _kept_words(one, names)) for n, one in self.kept)
        for name in ("validity", "timing"):
            choice = self.fields[f"{name}_kind"]
            is_kept = self.initial[f"{name}_kind"] == moments.KEEP
            if is_kept and isinstance(choice, forms.ChoiceField):
                told = json.dumps(getattr(self.before, name), ensure_ascii=False)
                as_it_is = (moments.KEEP, _("as it is: %(told)s") % {"told": told})
                choice.choices = [*choice.choices, as_it_is]  # type: ignore[misc]  # a list

    def _existing(self, kind: str) -> Iterable[tuple[str, str]]:
        if kind == "category":
            return goods.known_categories()
        known = self.known.values(kind) or {}
        return [
            (code, name if name == code else f"{name} ({code})") for code, name in known.items()
        ]

    # --- what is written ---------------------------------------------------------------------

    def full_clean(self) -> None:
        """Clean what counts; the fields that are not asked for keep the value that they had."""
        ignored = self._ignored() if self.is_bound else {}
        for name, value in ignored.items():
            self.fields[name].disabled = True
            self.initial[name] = value
        try:
            super().full_clean()
        finally:
            for name in ignored:
                self.fields[name].disabled = False

    def _ignored(self) -> dict[str, Any]:
        effect, trigger = self.data.get("effect"), self.data.get("trigger")
        ignored: dict[str, Any] = {}
        for name, effects in EFFECTS_WITH.items():
            if name in self.fields and effect not in effects:
                ignored[name] = self._resting(name, is_same=effect == self.before.effect)
        if self.data.get("combine") == programs.BASE and "is_multiplied" not in ignored:
            same = self.before.combine == programs.BASE
            ignored["is_multiplied"] = self._resting("is_multiplied", is_same=same)
        if trigger not in TRIGGERS_WITH_CODE:
            ignored["code"] = self._resting("code", is_same=trigger == self.before.trigger)
        return ignored

    def _resting(self, name: str, *, is_same: bool) -> Any:
        return getattr(self.before if is_same else EarningRule(), name)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if (
            not self.instance._state.adding
            and data.get("seen")
            and data["seen"] != mark_of(self.before)
        ):
            raise forms.ValidationError(
                _("Somebody else has changed this rule meanwhile. Open it again."), code="changed"
            )
        return data

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]  # the stubs leave it out
        self._write_conditions()
        self.instance.bands = self._bands()
        self.instance.limits = self._limits()
        for name in ("validity", "timing"):
            setattr(self.instance, name, self._moment_written(name))
        for problem in problems.of_rule(self.instance.as_terms()):
            self._tell(problem)

    def _write_conditions(self) -> None:
        kept = [int(place) for place in self.cleaned_data.get("kept_conditions", ())]
        before = self.before.conditions
        original = before if isinstance(before, list | tuple) else ()
        self.built = conditions.built(original, self.cleaned_data, kept)
        self.instance.conditions = self.built.conditions
        trigger = self.instance.trigger
        for kind in self.built.kinds:
            block = conditions.BLOCKS[kind] if kind else None
            if block is None or trigger in block.triggers:
                continue
            if trigger == self.before.trigger and kind in conditions.shown(original).values():
                continue  # it came so, from elsewhere
            text = _("“%(trigger)s” does not know this, so the rule would never apply. Empty it.")
            self.add_error(
                block.field_name(next(iter(block.fields))),
                text % {"trigger": self.instance.get_trigger_display()},
            )

    def _bands(self) -> list[Any]:
        effect = self.instance.effect
        if effect not in _BANDED:
            return list(self.before.bands) if effect == self.before.effect else []
        measure = "points" if effect == programs.BANDS else "factor"
        told = self._told(self.band_rows, "bands", lambda form: form.row(measure))
        made = rows.built(self.before.bands, told, rows.is_showable_band, rows.normal_band)
        return sorted(made, key=_band_start)

    def _limits(self) -> list[Any]:
        told = self._told(self.limit_rows, "limits", lambda form: form.row())
        return rows.built(self.before.limits, told, rows.is_showable_limit, rows.normal_limit)

    def _told(self, formset: Any, name: str, row_of: Any) -> list[tuple[int | None, Any]]:
        formset.is_valid()
        for error in formset.non_form_errors():
            self._row_error(name, str(error))
        told = []
        for form in formset.forms if formset.management_form.is_valid() else ():
            row = row_of(form)
            if row is not None:
                told.append((form.cleaned_data.get("place"), row))
            if form.errors:
                self._row_error(name, _("Please look at the marked rows."))
        return told

    def _moment_written(self, name: str) -> Any:
        """Validity or timing: as it was when it says the same."""
        before = getattr(self.before, name)
        values = {key: self.cleaned_data.get(f"{name}_{key}") for key in moments.FIELDS[name]}
        now = moments.written(name, self.cleaned_data.get(f"{name}_kind") or "", values)
        shown = moments.initial(
            name, before, moments.FIELDS[name], "inherit" if name == "timing" else ""
        )
        if now is None:
            return before
        old = {key: moments.iso(shown[f"{name}_{key}"]) for key in moments.FIELDS[name]}
        return before if moments.written(name, shown[f"{name}_kind"], old) == now else now

    # --- what is wrong -----------------------------------------------------------------------

    def _tell(self, problem: Problem) -> None:
        text = problems.sentence(problem)
        place, _dot, rest = problem.field.partition(".")
        if place == "conditions" and rest:
            self._tell_condition(rest, text)
        elif place in ("bands", "limits"):
            if not self.row_errors.get(place):
                self._row_error(place, text)
        else:
            name = {"validity": "validity_kind", "timing": "timing_kind"}.get(place, place)
            self._add_once(name, text)

    def _tell_condition(self, rest: str, text: str) -> None:
        number, _dot, name = rest.partition(".")
        kind = self.built.kinds[int(number)]
        if kind is None:
            self._add_once("kept_conditions", text)
            return
        field = conditions.BLOCKS[kind].field_name(name)
        first = conditions.BLOCKS[kind].field_name(next(iter(conditions.BLOCKS[kind].fields)))
        self._add_once(field if field in self.fields else first, text)

    def _add_once(self, name: str, text: str) -> None:
        field = name if name in self.fields else None
        if field is None or field not in self.errors:
            self.add_error(field, text)

    def _row_error(self, name: str, text: str) -> None:
        known = self.row_errors.setdefault(name, [])
        if text not in known:
            known.append(text)
            title = _("bands") if name == "bands" else _("limits")
            self.add_error(None, _("%(field)s: %(sentence)s") % {"field": title, "sentence": text})


def _band_start(band: Any) -> Any:
    start = decimal_of(band.get("from")) if isinstance(band, Mapping) else None
    return -1 if start is None else start


def _kept_words(condition: Any, names: wording.Names) -> str:
    phrase = wording.condition_phrase(condition, names) if isinstance(condition, Mapping) else ""
    return phrase or json.dumps(condition, ensure_ascii=False)
