"""What a person chooses on the pages of the ledger."""

from django import forms
from django.utils.translation import gettext_lazy as _

from points.models import Entry
from points.policies import LIMIT

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
