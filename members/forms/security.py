"""What people type about their password."""

from django import forms
from django.utils.translation import gettext_lazy as _

from members import policies
from members.services.passwords import LENGTH_MAX


def _password(autocomplete: str) -> forms.PasswordInput:
    return forms.PasswordInput(attrs={"autocomplete": autocomplete})


class PasswordSignInForm(forms.Form):
    phone = forms.CharField(
        label=_("Mobile number"),
        max_length=policies.PHONE_LENGTH_MAX,
        widget=forms.TextInput(
            attrs={"type": "tel", "inputmode": "tel", "autocomplete": "username"}
        ),
    )
    password = forms.CharField(
        label=_("Sign-in password"),
        max_length=LENGTH_MAX,
        strip=False,
        widget=_password("current-password"),
    )


class ProofForm(forms.Form):
    """A code or the password so far; which of them is there, the page knows."""

    code = forms.CharField(
        label=_("Six-digit code"),
        max_length=20,
        required=False,
        widget=forms.TextInput(
            attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "class": "code"}
        ),
    )
    old_password = forms.CharField(
        label=_("Present password"),
        max_length=LENGTH_MAX,
        required=False,
        strip=False,
        widget=_password("current-password"),
    )


class PasswordForm(ProofForm):
    new_password = forms.CharField(
        label=_("New password"),
        max_length=LENGTH_MAX,
        strip=False,
        widget=_password("new-password"),
    )
