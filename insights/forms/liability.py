"""Which period of the points liability is asked for."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from insights.exceptions import PeriodInvalid
from insights.selectors import liability_table

SPAN_MAX = timedelta(days=3660)


class LiabilityForm(forms.Form):
    """First and last day, and one store or all."""

    first = forms.DateField(
        label=_("From"), widget=UnfoldAdminTextInputWidget(attrs={"type": "date"})
    )
    last = forms.DateField(label=_("To"), widget=UnfoldAdminTextInputWidget(attrs={"type": "date"}))
    store = forms.ChoiceField(label=_("Store"), required=False, widget=UnfoldAdminSelectWidget)

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._today = today
        names = liability_table.store_names()
        stores = [(str(pk or 0), name) for pk, name in names.items()]
        self.fields["store"].choices = [("", _("All stores")), *stores]  # type: ignore[attr-defined]  # a choice field

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or {}
        first, last = found.get("first"), found.get("last")
        if first and last and not _is_period(first, last, self._today):
            raise forms.ValidationError(str(PeriodInvalid.message), code=PeriodInvalid.code)
        return found


def _is_period(first: date, last: date, today: date) -> bool:
    return first <= last <= today and last - first <= SPAN_MAX
