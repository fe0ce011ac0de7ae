"""Choosing a preset by trade and goal, and making a draft from one."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminSplitDateTimeWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from campaigns.policies.presets import Preset

TRADES = {
    "coffee": _("coffee and tea"),
    "fast_food": _("fast food"),
    "restaurant": _("restaurant"),
    "hotel": _("hotel"),
    "retail": _("retail"),
    "chain": _("chain of stores"),
    "e_commerce": _("e-commerce"),
    "small_shop": _("small shop"),
    "luxury_goods": _("luxury goods"),
}
GOALS = {"loyalty": _("keep members"), "sales": _("raise sales")}
MARKETS = {"mass": _("many members"), "luxury": _("few, with much spent")}


class ChooseForm(forms.Form):
    """What the merchant is and wants; anything may stay open (F130, F131)."""

    trade = forms.ChoiceField(
        label=_("Your trade"),
        choices=[("", _("any")), *TRADES.items()],
        required=False,
        widget=UnfoldAdminSelectWidget,
    )
    goal = forms.ChoiceField(
        label=_("Your goal"),
        choices=[("", _("any")), *GOALS.items()],
        required=False,
        widget=UnfoldAdminSelectWidget,
    )
    market = forms.ChoiceField(
        label=_("Your members"),
        choices=[("", _("any")), *MARKETS.items()],
        required=False,
        widget=UnfoldAdminSelectWidget,
    )

    def chosen(self, presets: Iterable[Preset]) -> list[Preset]:
        """Those of `presets` that fit what was chosen; what is no choice counts as open."""
        self.is_valid()
        asked = self.cleaned_data
        return [
            preset
            for preset in presets
            if (not asked.get("trade") or asked["trade"] in preset.trades)
            and (not asked.get("goal") or asked["goal"] in preset.goals)
            and (not asked.get("market") or asked["market"] in preset.markets)
        ]


class DraftForm(forms.Form):
    """A draft's name and start, and what else may be set up with it."""

    title = forms.CharField(label=_("Name"), max_length=60, widget=UnfoldAdminTextInputWidget)
    starts_at = forms.SplitDateTimeField(
        label=_("In force from"), widget=UnfoldAdminSplitDateTimeWidget
    )
    create_missing = forms.BooleanField(
        label=_("Make the missing categories and tags"),
        required=False,
        widget=UnfoldBooleanSwitchWidget,
    )
    make_mall = forms.BooleanField(
        label=_("Make its rewards and coupons, as drafts"),
        required=False,
        widget=UnfoldBooleanSwitchWidget,
    )
    apply_ledger_settings = forms.BooleanField(
        label=_("Change the worth of a point now, for everything"),
        required=False,
        widget=UnfoldBooleanSwitchWidget,
    )

    def __init__(
        self,
        *args: Any,
        may_create: bool,
        may_set: bool,
        may_make_mall: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        if not may_create:
            del self.fields["create_missing"]
        if not may_make_mall:
            del self.fields["make_mall"]
        if not may_set:
            del self.fields["apply_ledger_settings"]
