"""What staff fill in about levels."""

import uuid
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSingleDateWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from tiers.models import Level, TierProgram
from tiers.policies.ladders import LEVELS_MAX, THRESHOLD_MAX
from tiers.selectors.benefits import Kind, Value
from tiers.services.program import LadderInput, LevelInput


class ProgramForm(forms.ModelForm[TierProgram]):
    """The rules of the ladder."""

    class Meta:
        model = TierProgram
        fields = ("basis", "window", "fall", "grace_days", "warn_days", "undo_returned")
        widgets = {
            "basis": UnfoldAdminSelectWidget,
            "window": UnfoldAdminSelectWidget,
            "fall": UnfoldAdminSelectWidget,
            "grace_days": UnfoldAdminIntegerFieldWidget,
            "warn_days": UnfoldAdminIntegerFieldWidget,
            "undo_returned": UnfoldBooleanSwitchWidget,
        }


class LevelRowForm(forms.Form):
    """One level of the ladder. A row that is empty is none."""

    id = forms.IntegerField(widget=forms.HiddenInput, required=False)
    name = forms.CharField(
        label=gettext_lazy("name"),
        max_length=40,
        required=False,
        widget=UnfoldAdminTextInputWidget,
    )
    name_en = forms.CharField(
        label=gettext_lazy("English name"),
        max_length=40,
        required=False,
        widget=UnfoldAdminTextInputWidget,
    )
    code = forms.CharField(
        label=gettext_lazy("code"),
        max_length=32,
        required=False,
        validators=[
            RegexValidator(
                r"^[a-z0-9][a-z0-9_-]*\Z", gettext_lazy("Small letters, digits, - and _ only.")
            )
        ],
        widget=UnfoldAdminTextInputWidget,
    )
    threshold = forms.IntegerField(
        label=gettext_lazy("growth to reach it"),
        min_value=0,
        max_value=THRESHOLD_MAX,
        required=False,
        help_text=gettext_lazy("Empty: by invitation only."),
        widget=UnfoldAdminIntegerFieldWidget,
    )
    keep = forms.IntegerField(
        label=gettext_lazy("growth to keep it"),
        min_value=0,
        max_value=THRESHOLD_MAX,
        required=False,
        help_text=gettext_lazy("Empty: as much as to reach it."),
        widget=UnfoldAdminIntegerFieldWidget,
    )
    surface = forms.ChoiceField(
        label=gettext_lazy("card"),
        choices=Level.Surface.choices,
        required=False,
        widget=UnfoldAdminSelectWidget,
    )
    gone = forms.BooleanField(
        label=gettext_lazy("remove"), required=False, widget=UnfoldBooleanSwitchWidget
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.is_used and not data.get("name"):
            self.add_error("name", gettext_lazy("A level needs a name."))
        if self.is_used and not data.get("code") and not self.errors.get("code"):
            self.add_error("code", gettext_lazy("A level needs a code."))
        return data

    @property
    def is_used(self) -> bool:
        """Whether this row is a level of the ladder to be."""
        data = self.cleaned_data
        named = any(data.get(name) not in (None, "") for name in ("id", "name", "code"))
        return named and not data.get("gone")

    def as_input(self) -> LevelInput:
        data = self.cleaned_data
        return LevelInput(
            id=data["id"],
            code=data["code"],
            name=data["name"].strip(),
            name_en=data["name_en"].strip(),
            threshold=data["threshold"],
            keep=data["keep"],
            surface=data["surface"] or Level.Surface.PLAIN,
        )


LevelRows = forms.formset_factory(LevelRowForm, extra=2, max_num=LEVELS_MAX + 2)


def rows_of(levels: list[Level]) -> list[dict[str, Any]]:
    """The ladder as it is, for the form to begin with."""
    names = ("id", "name", "name_en", "code", "threshold", "keep", "surface")
    return [{name: getattr(level, name) for name in names} for level in levels]


def ladder_input(program: ProgramForm, rows: Any, known: dict[int, Level]) -> LadderInput:
    """What was filled in; a new level finds its place by its growth, one by invitation on top.

    The id and code of a level that exists are its own, whatever was sent.
    """
    found: list[LevelInput] = []
    for form in rows:
        if not form.is_used:
            continue
        one = form.as_input()
        level = known.get(one.id) if one.id is not None else None
        values = {"id": level.pk, "code": level.code} if level else {"id": None}
        one = LevelInput(**{**_fields(one), **values})
        found.insert(len(found) if level else _place(found, one), one)
    return LadderInput(program.instance, found)


def _place(found: list[LevelInput], new: LevelInput) -> int:
    """Before the first level that needs more growth."""
    if new.threshold is None:
        return len(found)
    above = [
        n for n, one in enumerate(found) if one.threshold is None or one.threshold > new.threshold
    ]
    return above[0] if above else len(found)


def _fields(one: LevelInput) -> dict[str, Any]:
    return {name: getattr(one, name) for name in LevelInput.__dataclass_fields__}


class BenefitForm(forms.Form):
    """The values of one kind of benefit; the registry says which they are."""

    def __init__(self, *args: Any, kind: Kind, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind
        for value in kind.values:
            self.fields[value.name] = _field(value)


def _field(value: Value) -> forms.Field:
    same: dict[str, Any] = {
        "label": value.label,
        "required": value.required,
        "help_text": value.help,
    }
    if value.kind == "choice":
        return forms.ChoiceField(
            choices=list(value.choices.items()), widget=UnfoldAdminSelectWidget, **same
        )
    if value.kind == "text":
        widget = UnfoldAdminTextInputWidget
        return forms.CharField(max_length=int(value.high), widget=widget, **same)
    bounds: dict[str, Any] = {"min_value": value.low, "max_value": value.high}
    if value.kind == "whole":
        whole: dict[str, Any] = {name: int(bound) for name, bound in bounds.items()}
        return forms.IntegerField(widget=UnfoldAdminIntegerFieldWidget, **same, **whole)
    return forms.DecimalField(
        decimal_places=2, widget=UnfoldAdminDecimalFieldWidget, **same, **bounds
    )


class CorrectionForm(forms.Form):
    amount = forms.IntegerField(
        label=gettext_lazy("Growth"),
        min_value=-THRESHOLD_MAX,
        max_value=THRESHOLD_MAX,
        help_text=gettext_lazy("A negative number takes it away. No level is lost by it at once."),
        widget=UnfoldAdminIntegerFieldWidget,
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=200,
        help_text=gettext_lazy("The member is shown this text."),
        widget=UnfoldAdminTextInputWidget,
    )
    note = forms.CharField(
        label=gettext_lazy("Note for staff"),
        max_length=2000,
        required=False,
        widget=UnfoldAdminTextareaWidget,
    )
    # Sent twice by a double click, it is the same request and is done once.
    key = forms.UUIDField(initial=uuid.uuid4, widget=forms.HiddenInput)


class InvitationForm(forms.Form):
    level = forms.ModelChoiceField(
        label=gettext_lazy("Level"),
        queryset=Level.objects.order_by("rank"),
        widget=UnfoldAdminSelectWidget,
    )
    until = forms.DateField(
        label=gettext_lazy("Through"),
        required=False,
        help_text=gettext_lazy("Empty: an invitation has no end, another level its usual period."),
        widget=UnfoldAdminSingleDateWidget,
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=200, widget=UnfoldAdminTextInputWidget
    )
