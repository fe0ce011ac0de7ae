"""What a member chooses in the inbox."""

from django import forms

from notifications.models import Notice

_ID_MAX = 2**63 - 1


class InboxForm(forms.Form):
    """The query of the list: a tab, and the notice after which to go on."""

    tab = forms.ChoiceField(required=False, choices=Notice.Group.choices)
    before = forms.IntegerField(required=False, min_value=1, max_value=_ID_MAX)


class ReadAllForm(forms.Form):
    """A tab that has been read, up to the newest notice that was on the page."""

    tab = forms.ChoiceField(required=False, choices=Notice.Group.choices)
    newest = forms.IntegerField(required=False, min_value=1, max_value=_ID_MAX)
