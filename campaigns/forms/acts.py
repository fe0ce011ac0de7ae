"""An act that staff have seen: a review, a visit to an event, a friend who was brought along."""

import uuid
from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSplitDateTimeWidget,
    UnfoldAdminTextInputWidget,
)

from campaigns.models import EarningRule
from campaigns.policies.events import REPORTABLE, EventInput
from members.forms import one_member
from members.models import Member
from stores.models import Store


class ActForm(forms.Form):
    member = forms.CharField(
        label=gettext_lazy("Member"),
        max_length=64,
        help_text=gettext_lazy("Member number, mobile number or external number."),
        widget=UnfoldAdminTextInputWidget,
    )
    trigger = forms.ChoiceField(
        label=gettext_lazy("what happened"),
        choices=[c for c in EarningRule.Trigger.choices if c[0] in REPORTABLE],
        widget=UnfoldAdminSelectWidget,
    )
    code = forms.CharField(
        label=gettext_lazy("code of the event"),
        max_length=64,
        required=False,
        help_text=gettext_lazy("For events, as the rule names it."),
        widget=UnfoldAdminTextInputWidget,
    )
    quantity = forms.DecimalField(
        label=gettext_lazy("quantity"),
        max_digits=9,
        decimal_places=3,
        initial=1,
        widget=UnfoldAdminDecimalFieldWidget,
    )
    store = forms.ModelChoiceField(
        label=gettext_lazy("store"),
        queryset=Store.objects.order_by("code"),
        required=False,
        widget=UnfoldAdminSelectWidget,
    )
    occurred_at = forms.SplitDateTimeField(
        label=gettext_lazy("happened at"),
        initial=timezone.now,
        widget=UnfoldAdminSplitDateTimeWidget,
    )
    # Sent twice by a double click, it is the same act and counts once.
    key = forms.UUIDField(initial=uuid.uuid4, widget=forms.HiddenInput)

    def clean_member(self) -> Member:
        return one_member(self.cleaned_data["member"])


def event_of(data: dict[str, Any]) -> EventInput:
    """What the form's clean data report."""
    occurred_at: datetime = data["occurred_at"]
    quantity: Decimal = data["quantity"]
    return EventInput(
        external_id=str(data["key"]),
        trigger=data["trigger"],
        member_id=data["member"].pk,
        occurred_at=occurred_at,
        code=data["code"],
        quantity=quantity,
    )


class ReverseForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=200,
        help_text=gettext_lazy("Why it fell away, for whoever looks at this later."),
        widget=UnfoldAdminTextInputWidget,
    )
