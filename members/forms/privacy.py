"""What a person types before the account is closed."""

from django import forms
from django.utils.translation import gettext_lazy as _

from members.exceptions import NotConfirmed

WORDS = _("close my account")
_LENGTH_MAX = 60


class CloseForm(forms.Form):
    """A fresh code, and the words that nobody types by mistake."""

    code = forms.CharField(
        label=_("Six-digit code"),
        max_length=20,
        widget=forms.TextInput(
            attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "class": "code"}
        ),
    )
    confirm = forms.CharField(
        label=_("To confirm, type these words"),
        max_length=_LENGTH_MAX,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )

    def clean_confirm(self) -> str:
        text: str = self.cleaned_data["confirm"].strip()
        if text.casefold() != str(WORDS).casefold():
            raise forms.ValidationError(str(NotConfirmed()))
        return text
