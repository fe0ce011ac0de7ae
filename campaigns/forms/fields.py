"""Fields of the rule builder: lists that are typed, and lists that are picked from."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from unfold.widgets import (
    INPUT_CLASSES,
    TEXTAREA_CLASSES,
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

_SEPARATORS = ",，、;；\n"
# A quoted value, or everything up to the next separator.
_VALUE = re.compile(f'\\s*"((?:[^"]|"")*)"\\s*(?=[{_SEPARATORS}]|$)|([^{_SEPARATORS}]+)')


def split_values(text: str) -> list[str]:
    """The values of a typed list: between commas of either width, semicolons or line ends.

    A value that itself contains one of these stands in quotation marks.
    """
    found = []
    for match in _VALUE.finditer(text.replace("\r\n", "\n").replace("\r", "\n")):
        quoted, bare = match.groups()
        value = bare.strip() if quoted is None else quoted.replace('""', '"')
        if value:
            found.append(value)
    return found


def joined_values(values: Iterable[str]) -> str:
    """The list as it is typed; `split_values` reads back exactly the same."""
    return ", ".join(_quoted(value) for value in values)


def _quoted(value: str) -> str:
    is_plain = value == value.strip() and not any(mark in value for mark in (*_SEPARATORS, '"'))
    if is_plain and "\r" not in value:
        return value
    doubled = value.replace('"', '""')
    return f'"{doubled}"'


class ListField(forms.CharField):
    """Several texts in one box. `suggestions` are (value, word) pairs shown below it."""

    def __init__(self, *, suggestions: Iterable[tuple[str, str]] = (), **kwargs: Any) -> None:
        widget = forms.Textarea(
            attrs={"class": " ".join(TEXTAREA_CLASSES), "rows": 1, "data-list": "1"}
        )
        super().__init__(required=False, widget=widget, max_length=20_000, **kwargs)
        self.suggestions = list(suggestions)[:40]

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]  # a list for the text
        if isinstance(value, list | tuple):
            return [str(one) for one in value]
        return split_values(super().to_python(value) or "")

    def run_validators(self, value: Any) -> None:
        super().run_validators(joined_values(value))

    def prepare_value(self, value: Any) -> Any:
        return joined_values(value) if isinstance(value, list | tuple) else value


class PickField(forms.MultipleChoiceField):
    """Several of what exists. A value that does not exist (any more) stays visible, as unknown."""

    def __init__(self, *, empty: Any = "", columns: bool = False, **kwargs: Any) -> None:
        super().__init__(required=False, widget=UnfoldAdminCheckboxSelectMultipleWidget(), **kwargs)
        self.empty = empty
        self.columns = columns
        self.offered: list[tuple[str, Any]] = []

    def offer(self, choices: Iterable[tuple[str, str]], chosen: Sequence[str] = ()) -> None:
        """Set what there is to pick from, keeping what was `chosen` before."""
        offered = list(choices)
        known = {value for value, _word in offered}
        unknown = dict.fromkeys(value for value in chosen if value not in known)
        offered += [(one, _("%(value)s (does not exist)") % {"value": one}) for one in unknown]
        self.offered = offered
        self.choices = offered

    def clean(self, value: Any) -> list[str]:
        return list(super().clean(value))


class NumbersField(PickField):
    """Several whole numbers, such as weekdays."""

    def clean(self, value: Any) -> list[int]:  # type: ignore[override]  # numbers for the texts
        return [int(one) for one in super().clean(value)]

    def prepare_value(self, value: Any) -> Any:
        return [str(one) for one in value] if isinstance(value, list | tuple) else value


def number_field(label: Any, *, places: int = 2, low: int = 0, **kwargs: Any) -> forms.DecimalField:
    """A figure that may be left empty."""
    return forms.DecimalField(
        label=label,
        required=kwargs.pop("required", False),
        min_value=low,
        max_digits=12 + places,
        decimal_places=places,
        widget=_figure(),
        **kwargs,
    )


def whole_field(label: Any, *, low: int = 0, high: int | None = None) -> forms.IntegerField:
    return forms.IntegerField(
        label=label, required=False, min_value=low, max_value=high, widget=_figure()
    )


def _figure() -> forms.Widget:
    """A text box: the browser's own number boxes swallow what they do not understand."""
    widget: forms.Widget = UnfoldAdminTextInputWidget(
        attrs={"inputmode": "decimal", "autocomplete": "off", "data-figure": "1"}
    )
    return widget


def choice_field(
    label: Any, choices: Iterable[tuple[str, Any]], **kwargs: Any
) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label,
        choices=list(choices),
        required=kwargs.pop("required", False),
        widget=UnfoldAdminSelectWidget(),
        **kwargs,
    )


def date_field(label: Any) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=False,
        widget=forms.DateInput(
            format="%Y-%m-%d",
            attrs={"type": "date", "class": " ".join(INPUT_CLASSES), "data-figure": "1"},
        ),
    )


class PatternField(forms.CharField):
    """A short text that people write in several ways and rules keep in one."""

    def __init__(self, label: Any, *, hint: str, pattern: str, form: str) -> None:
        widget = UnfoldAdminTextInputWidget(
            attrs={"placeholder": hint, "autocomplete": "off", "data-figure": "1"}
        )
        super().__init__(label=label, required=False, max_length=16, widget=widget)
        self.pattern = re.compile(pattern)
        self.form = form

    def to_python(self, value: Any) -> str:
        text = str(super().to_python(value) or "")
        match = self.pattern.fullmatch(text)
        if match is None:
            return text  # told as wrong by the rule itself
        return self.form.format(*(int(part or 0) for part in match.groups()))


def day_of_year_field(label: Any) -> PatternField:
    """`12-20`, `12/20`, `12月20日`; kept as `12-20`."""
    return PatternField(
        label, hint="12-20", pattern=r"(\d{1,2})[-/.月](\d{1,2})日?", form="{:02}-{:02}"
    )


def clock_field(label: Any) -> PatternField:
    """`9:00`, `9：00`, `9点`, `24:00`; kept as `09:00`."""
    return PatternField(
        label, hint="09:00", pattern=r"(\d{1,2})[:：点](\d{2})?分?", form="{:02}:{:02}"
    )


def text_field(label: Any, *, length: int = 64, hint: str = "", **kwargs: Any) -> forms.CharField:
    widget = UnfoldAdminTextInputWidget(attrs={"placeholder": hint} if hint else {})
    return forms.CharField(label=label, required=False, max_length=length, widget=widget, **kwargs)
