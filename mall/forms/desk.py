"""Forms of the fulfilment desk."""

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)


class NoteForm(forms.Form):
    note = forms.CharField(label=_("Reason"), max_length=200, widget=UnfoldAdminTextInputWidget)


class ShipForm(forms.Form):
    carrier = forms.CharField(label=_("carrier"), max_length=40, widget=UnfoldAdminTextInputWidget)
    tracking_number = forms.CharField(
        label=_("tracking number"), max_length=40, widget=UnfoldAdminTextInputWidget
    )


class ShippingFileForm(forms.Form):
    file = forms.FileField(
        label=_("File"),
        widget=UnfoldAdminFileFieldWidget,
        help_text=_(
            "CSV or XLSX with the columns order number, carrier and tracking number, up to 2,000 "
            "rows. The same file again changes nothing."
        ),
    )


class DecisionForm(forms.Form):
    is_approved = forms.TypedChoiceField(
        label=_("Decision"),
        choices=[("yes", _("agree: the member sends it back")), ("no", _("decline"))],
        coerce=lambda value: value == "yes",
        widget=UnfoldAdminSelectWidget,
    )
    answer = forms.CharField(
        label=_("Answer to the member"),
        max_length=300,
        required=False,
        widget=UnfoldAdminTextareaWidget,
        help_text=_("Needed when it is declined."),
    )


class ReceiveForm(forms.Form):
    is_sellable = forms.BooleanField(
        label=_("can be sold again: back on the shelf"),
        required=False,
        initial=True,
        widget=UnfoldBooleanWidget,
    )
