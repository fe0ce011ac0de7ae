"""From a level to the rule that gives it something, in a draft of the program."""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminDecimalFieldWidget, UnfoldAdminSelectWidget

from campaigns.admin.versions import tomorrow
from campaigns.models import EarningRuleVersion
from campaigns.selectors import wording
from campaigns.services import tier_rules
from members.admin.base import posted, service_page
from tiers.models import Level

_GIVES = {
    tier_rules.MULTIPLIER: gettext_lazy("times the points of a purchase"),
    tier_rules.BIRTHDAY: gettext_lazy("points on the birthday"),
}


class TierRuleForm(forms.Form):
    gives = forms.ChoiceField(
        label=gettext_lazy("Gives"), choices=list(_GIVES.items()), widget=UnfoldAdminSelectWidget
    )
    amount = forms.DecimalField(
        label=gettext_lazy("How much"),
        min_value=Decimal("1.01"),
        max_value=100_000,
        decimal_places=2,
        help_text=gettext_lazy("1.2 is a fifth more; for a birthday, whole points."),
        widget=UnfoldAdminDecimalFieldWidget,
    )
    draft = forms.ModelChoiceField(
        label=gettext_lazy("Into the draft"),
        queryset=EarningRuleVersion.objects.filter(published_at=None).order_by("-pk"),
        required=False,
        empty_label=gettext_lazy("a new draft from the program in force"),
        widget=UnfoldAdminSelectWidget,
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        amount = data.get("amount")
        if amount is None:
            return data
        if data.get("gives") == tier_rules.BIRTHDAY and amount != amount.to_integral_value():
            self.add_error("amount", _("Points are whole."))
        if data.get("gives") == tier_rules.MULTIPLIER and amount > 100:
            self.add_error("amount", _("At most 100 times."))
        return data


def tier_page(admin: ModelAdmin, request: HttpRequest, code: str) -> HttpResponse:
    """A rule for the level with this code; it counts once its version is published."""
    if not request.user.has_perm("campaigns.add_earningrule"):
        raise PermissionDenied
    level = get_object_or_404(Level, code=code)
    made: list[int] = []

    def call(data: dict[str, Any]) -> tuple[Model, str]:
        rule = tier_rules.add(
            level_code=level.code,
            level_name=level.name,
            level_name_en=level.name_en,
            gives=data["gives"],
            amount=data["amount"],
            draft=data["draft"],
            starts_at=tomorrow(),
            now=timezone.now(),
        )
        made.append(rule.version_id)
        sentence = _("In the draft: %(rule)s It counts once somebody publishes the draft.")
        return rule, sentence % {"rule": wording.rule_sentence(rule.as_terms())}

    answer = service_page(
        admin,
        request,
        form=TierRuleForm(posted(request), initial={"amount": Decimal("1.2")}),
        title=_("A rule for %(level)s") % {"level": level.label},
        submit=_("Add to the draft"),
        call=call,
        back=reverse("admin:tiers_level_change", args=[level.pk]),
    )
    if made:
        answer["Location"] = reverse("admin:campaigns_earningruleversion_change", args=[made[0]])
    return answer
