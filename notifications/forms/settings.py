"""How a member wants to be told, as they fill it in."""

from datetime import time
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from notifications.selectors.reach import Reach

_BOUND = 1000


class SettingsForm(forms.Form):
    """Language, quiet hours, and one box for each switch that is offered."""

    language = forms.ChoiceField(
        label=_("Language of messages"), choices=settings.LANGUAGES, widget=forms.RadioSelect
    )
    quiet_from = forms.TimeField(
        label=_("Quiet from"),
        required=False,
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
    )
    quiet_until = forms.TimeField(
        label=_("Quiet until"),
        required=False,
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
    )

    def __init__(self, data: Any = None, *, reach: Reach) -> None:
        initial = {
            "language": reach.language,
            "quiet_from": reach.quiet_from,
            "quiet_until": reach.quiet_until,
        }
        super().__init__(data, initial=initial)
        self._offered = list(reach.switches)
        self.times = [self["quiet_from"], self["quiet_until"]]

    def switches(self) -> dict[tuple[str, str], bool]:
        """Every switch of the page: a box that is not sent is off."""
        return {
            (kind, channel): f"{kind}.{channel}" in self.data for kind, channel in self._offered
        }

    def quiet(self) -> tuple[time | None, time | None]:
        return self.cleaned_data["quiet_from"], self.cleaned_data["quiet_until"]


class EmailForm(forms.Form):
    email = forms.CharField(
        label=_("E-mail address"),
        max_length=_BOUND,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "inputmode": "email"}),
    )


class EmailCodeForm(forms.Form):
    """The code that came, with the address to which it went."""

    email = forms.CharField(max_length=_BOUND, widget=forms.HiddenInput)
    code = forms.CharField(
        label=_("Six-digit code"),
        max_length=20,
        widget=forms.TextInput(
            attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "class": "code"}
        ),
    )
