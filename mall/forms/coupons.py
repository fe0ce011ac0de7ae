"""What members type about coupons."""

from django import forms
from django.utils.translation import gettext_lazy as _

from mall.policies.coupon_codes import TYPED_MAX
from mall.selectors.coupons import TABS


class WalletForm(forms.Form):
    """Which tab, and how far on."""

    show = forms.ChoiceField(choices=[(tab, tab) for tab in TABS], required=False)
    page = forms.IntegerField(min_value=1, max_value=10_000, required=False)


class ClaimForm(forms.Form):
    """A code off a leaflet."""

    code = forms.CharField(label=_("Coupon code"), max_length=TYPED_MAX)
