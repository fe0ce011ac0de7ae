"""What staff fill in about coupons."""

import uuid
from collections.abc import Callable
from typing import Any

from django import forms
from django.forms.models import construct_instance
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from mall.exceptions.coupons import TemplateInvalid
from mall.models import CouponTemplate
from mall.services import coupon_templates
from mall.services.coupon_claims import BATCH_MAX
from mall.services.coupon_issuing import AT_ONCE_MAX
from members.selectors import people, segments
from stores.models import Store
from stores.selectors import goods
from tiers.models import Level

_SKUS_MAX = 500
Choices = Callable[[], list[tuple[Any, str]]]


def _several(label: Any, choices: Choices, **options: Any) -> forms.TypedMultipleChoiceField:
    return forms.TypedMultipleChoiceField(
        label=label,
        choices=choices,
        required=False,
        empty_value=[],
        widget=UnfoldAdminSelectMultipleWidget(attrs={"size": 5}),
        **options,
    )


class SkusField(forms.CharField):
    """Article numbers, by lines, commas or spaces."""

    widget = UnfoldAdminTextareaWidget(attrs={"rows": 2})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value) or ""
        found = text.replace(",", " ").replace("，", " ").split()
        if len(found) > _SKUS_MAX or any(len(sku) > 64 for sku in found):
            raise forms.ValidationError(_("At most 500 article numbers of 64 signs."))
        return list(dict.fromkeys(found))


class CouponTemplateForm(forms.ModelForm[CouponTemplate]):
    """The form of a template; what it checks is what the service checks."""

    store_ids = _several(
        _("only in these stores"),
        lambda: list(Store.objects.order_by("code").values_list("pk", "name")),
        coerce=int,
        help_text=_("None: in every store."),
    )
    categories = _several(
        _("only these categories"),
        lambda: list(goods.known_categories()),
        help_text=_("With those that lie in them. None and no articles: all goods."),
    )
    skus = SkusField(label=_("only these articles"), required=False)
    excluded_labels = _several(
        _("not for goods with these labels"), lambda: list(goods.known_labels())
    )
    levels = _several(
        _("only for these levels"),
        lambda: [(row.code, row.label) for row in Level.objects.order_by("rank")],
        help_text=_("Asked of who claims a code. Whoever else issues has chosen the member."),
    )
    segments = _several(
        _("only for these segments"), lambda: list(segments.known_segments().items())
    )

    class Meta:
        model = CouponTemplate
        fields = coupon_templates.FIELDS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("amount", "percent", "threshold"):
            if name in self.fields:
                self.fields[name].required = False

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for name in ("amount", "percent", "threshold"):
            if data.get(name) is None and name not in self.errors:
                data[name] = 0
        return data

    def _post_clean(self) -> None:
        """Look at the whole as the service will, instead of Django's look at the row: a refusal
        stands at its field."""
        meta = self._meta
        self.instance = construct_instance(self, self.instance, meta.fields, meta.exclude)
        if self.errors:
            return
        try:
            coupon_templates.check(coupon_templates.tidied(self.instance))
        except TemplateInvalid as refusal:
            known = refusal.field if refusal.field in self.fields else None
            self.add_error(known, str(refusal))


class GiveForm(forms.Form):
    """To one member, at once."""

    member = forms.CharField(
        label=_("Member number or mobile number"),
        max_length=40,
        widget=UnfoldAdminTextInputWidget,
    )
    quantity = forms.IntegerField(
        label=_("how many"),
        min_value=1,
        max_value=AT_ONCE_MAX,
        initial=1,
        widget=UnfoldAdminIntegerFieldWidget,
    )
    key = forms.CharField(widget=forms.HiddenInput, max_length=64, initial=lambda: uuid.uuid4().hex)

    def clean_member(self) -> int:
        typed = self.cleaned_data["member"]
        found = people.member_id("number", typed) or people.member_id("phone", typed)
        if found is None:
            raise forms.ValidationError(_("There is no such member."))
        return found


class GrantForm(forms.Form):
    """To everybody in a segment, in the background."""

    segment = forms.ChoiceField(
        label=_("segment"),
        choices=lambda: list(segments.known_segments().items()),
        widget=UnfoldAdminSelectWidget,
    )
    reason = forms.CharField(label=_("reason"), max_length=200, widget=UnfoldAdminTextInputWidget)


class BatchForm(forms.Form):
    """Single-use codes, told once."""

    size = forms.IntegerField(
        label=_("how many codes"),
        min_value=1,
        max_value=BATCH_MAX,
        widget=UnfoldAdminIntegerFieldWidget,
    )
    note = forms.CharField(
        label=_("what for"), max_length=100, required=False, widget=UnfoldAdminTextInputWidget
    )


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("reason"), max_length=200, widget=UnfoldAdminTextInputWidget)
