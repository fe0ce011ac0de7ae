"""What people type when they sign in, and what staff type to name a member."""

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from members import policies, selectors
from members.models import Member


def one_member(text: str) -> Member:
    """The member whom `text` names, for `clean_member`; a ValidationError for none or several."""
    found = list(selectors.found_by(text)[:2])
    if len(found) == 1:
        return found[0]
    raise forms.ValidationError(
        gettext("Several members fit; please give the member number.")
        if found
        else gettext("There is no such member.")
    )


class PhoneForm(forms.Form):
    phone = forms.CharField(
        label=_("Mobile number"),
        max_length=policies.PHONE_LENGTH_MAX,
        widget=forms.TextInput(
            attrs={"type": "tel", "inputmode": "tel", "autocomplete": "tel", "autofocus": True}
        ),
    )


class CodeForm(forms.Form):
    code = forms.CharField(
        label=_("Six-digit code"),
        max_length=20,
        widget=forms.TextInput(
            attrs={
                "inputmode": "numeric",
                "autocomplete": "one-time-code",
                "class": "code",
                "autofocus": True,
            }
        ),
    )
