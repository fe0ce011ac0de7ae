"""What a person chooses on the pages of the ledger."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldBooleanSwitchWidget,
)

from points.models import Entry
from points.policies import LIMIT
from stores.models import Store

_KINDS = Entry.Kind

# What a person means by a word, in kinds of entries. Together the groups cover every kind.
SEGMENTS: dict[str, tuple[str, ...]] = {
    "gained": (_KINDS.EARN, _KINDS.MATURE, _KINDS.RESTORE, _KINDS.TRANSFER_IN),
    "used": (_KINDS.SPEND, _KINDS.HOLD, _KINDS.CAPTURE, _KINDS.RELEASE, _KINDS.TRANSFER_OUT),
    "expired": (_KINDS.EXPIRE,),
    "other": (_KINDS.CLAWBACK, _KINDS.ADJUST, _KINDS.FREEZE, _KINDS.UNFREEZE),
}
SEGMENT_NAMES = [
    ("", _("All")),
    ("gained", _("Earned")),
    ("used", _("Used")),
    ("expired", _("Expired")),
    ("other", _("Other")),
]


class EntriesForm(forms.Form):
    """The query of the ledger's page; both parts may be missing."""

    show = forms.ChoiceField(choices=SEGMENT_NAMES, required=False)
    before = forms.IntegerField(min_value=1, max_value=LIMIT, required=False)


class LotsForm(forms.Form):
    page = forms.IntegerField(min_value=1, max_value=10_000, required=False)


class GiftsForm(forms.Form):
    before = forms.IntegerField(min_value=1, max_value=LIMIT, required=False)


class GiftForm(forms.Form):
    """A gift. The key makes two clicks one gift; what is too much, the service says."""

    points = forms.IntegerField(
        label=_("Points"),
        min_value=1,
        max_value=LIMIT,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    words = forms.CharField(label=_("A few words"), max_length=60, required=False)
    key = forms.CharField(max_length=64, widget=forms.HiddenInput)


class OpeningForm(forms.Form):
    """A file of members from a former system; rehearsed first unless somebody says no."""

    file = forms.FileField(
        label=_("File"),
        max_length=255,
        help_text=_("CSV or XLSX with a header; a CSV may be compressed (.gz)."),
        widget=UnfoldAdminFileFieldWidget,
    )
    store = forms.ModelChoiceField(
        label=_("Home store of those without one"),
        queryset=Store.objects.none(),
        required=False,
        widget=UnfoldAdminSelectWidget,
    )
    are_new = forms.BooleanField(
        label=_("These are new members"),
        required=False,
        help_text=_("People who are registered get what the rules give for joining."),
        widget=UnfoldBooleanSwitchWidget,
    )
    is_dry_run = forms.BooleanField(
        label=_("Dry run"),
        required=False,
        initial=True,
        help_text=_("Checks and counts everything, writes nothing."),
        widget=UnfoldBooleanSwitchWidget,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stores = Store.objects.filter(is_active=True).order_by("code")
        self.fields["store"].queryset = stores  # type: ignore[attr-defined]  # a choice
