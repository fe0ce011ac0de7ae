"""Browser input of the RFM analysis."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from unfold.widgets import UnfoldAdminTextInputWidget

from insights.models import RfmSettings
from insights.policies.rfm import Thresholds

FIELDS = (
    "window_days",
    "sleeping_days",
    "lost_days",
    "vip_purchases",
    "vip_yuan",
    "new_days",
)


class RfmSettingsForm(forms.ModelForm[RfmSettings]):
    class Meta:
        model = RfmSettings
        fields = FIELDS
        widgets = {
            name: UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal", "data-figure": "1"})
            for name in FIELDS
        }

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        sleeping, lost = data.get("sleeping_days"), data.get("lost_days")
        if sleeping and lost and lost <= sleeping:
            self.add_error("lost_days", _("More days than for sleeping, please."))
        return data

    def thresholds(self) -> Thresholds:
        """What the fields say; only of a valid form."""
        said = {name: self.cleaned_data[name] for name in FIELDS}
        return Thresholds(**said | {"vip_yuan": Decimal(said["vip_yuan"])})
