"""Browser input of the insights."""

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminDateWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
)

from campaigns.models import EarningRuleVersion

_DEFAULT_DAYS = 30


class BacktestForm(forms.Form):
    """Which draft, over which purchases: the last days, or from one day through another."""

    version = forms.ModelChoiceField(
        label=gettext_lazy("draft"),
        queryset=EarningRuleVersion.objects.none(),
        widget=UnfoldAdminSelectWidget,
    )
    days = forms.IntegerField(
        label=gettext_lazy("last days"),
        min_value=1,
        max_value=3660,
        required=False,
        initial=_DEFAULT_DAYS,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=gettext_lazy("Or give both days below."),
    )
    first_day = forms.DateField(
        label=gettext_lazy("from"), required=False, widget=UnfoldAdminDateWidget
    )
    last_day = forms.DateField(
        label=gettext_lazy("through"), required=False, widget=UnfoldAdminDateWidget
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        drafts = EarningRuleVersion.objects.drafts().order_by("-pk")
        self.fields["version"].queryset = drafts  # type: ignore[attr-defined]  # a model choice

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        first, last = data.get("first_day"), data.get("last_day")
        if bool(first) != bool(last):
            self.add_error("last_day" if first else "first_day", _("Give both days, or neither."))
        elif first and last and last < first:
            self.add_error("last_day", _("The last day lies before the first."))
        elif not first and not data.get("days") and "days" not in self.errors:
            self.add_error("days", _("Give a number of days, or both days below."))
        return data

    def period(self) -> tuple[datetime, datetime] | None:
        """The days that were given, in the shop's time; None for the last days."""
        first, last = self.cleaned_data.get("first_day"), self.cleaned_data.get("last_day")
        if not first or not last:
            return None
        starts = timezone.make_aware(datetime.combine(first, time.min))
        return starts, timezone.make_aware(datetime.combine(last + timedelta(days=1), time.min))
