"""What staff type to name a member."""

from django import forms
from django.utils.translation import gettext

from members import selectors
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
