"""What staff type: a receipt by hand, a file to import."""

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminFileFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from members.forms import one_member
from members.models import Member
from sales.models import Receipt, ReceiptLine
from sales.policies import receipts as policies
from sales.policies.receipts import LineInput, MemberRef, ReceiptInput
from sales.services import mapping
from stores.exceptions import FileRefused
from stores.models import Store

EMPTY_LINES = 6


def _stores() -> Any:
    return Store.objects.filter(is_active=True).order_by("code")


class ReceiptForm(forms.Form):
    """The head of a receipt."""

    store = forms.ModelChoiceField(
        label=gettext_lazy("Store"), queryset=Store.objects.none(), widget=UnfoldAdminSelectWidget
    )
    number = forms.CharField(
        label=gettext_lazy("Receipt number"),
        max_length=policies.NUMBER_LENGTH,
        widget=UnfoldAdminTextInputWidget,
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"), choices=Receipt.Kind.choices, widget=UnfoldAdminSelectWidget
    )
    occurred_at = forms.DateTimeField(
        label=gettext_lazy("Time of sale"),
        help_text=gettext_lazy("YYYY-MM-DD HH:MM, by the store's clock"),
        widget=UnfoldAdminTextInputWidget,
    )
    member = forms.CharField(
        label=gettext_lazy("Member"),
        required=False,
        max_length=64,
        help_text=gettext_lazy("Member number, mobile number or external number; empty: a guest."),
        widget=UnfoldAdminTextInputWidget,
    )
    original_number = forms.CharField(
        label=gettext_lazy("Original receipt number"),
        required=False,
        max_length=policies.NUMBER_LENGTH,
        help_text=gettext_lazy("For returns: the sale that is returned."),
        widget=UnfoldAdminTextInputWidget,
    )

    business = forms.CharField(
        label=gettext_lazy("Line of business"),
        required=False,
        max_length=policies.BUSINESS_LENGTH,
        help_text=gettext_lazy("Empty: the store's."),
        widget=UnfoldAdminTextInputWidget,
    )
    completed_at = forms.DateTimeField(
        label=gettext_lazy("Completed at"),
        required=False,
        help_text=gettext_lazy("Of deliveries, presales and group-buys, by the store's clock."),
        widget=UnfoldAdminTextInputWidget,
    )
    paid_by_coupon = forms.DecimalField(
        label=gettext_lazy("Paid by coupon"),
        required=False,
        max_digits=15,
        decimal_places=4,
        help_text=gettext_lazy("Yuan of the total that were not paid in money."),
        widget=UnfoldAdminDecimalFieldWidget,
    )
    paid_by_points = forms.DecimalField(
        label=gettext_lazy("Paid by points"),
        required=False,
        max_digits=15,
        decimal_places=4,
        help_text=gettext_lazy("Yuan of the total that were not paid in money."),
        widget=UnfoldAdminDecimalFieldWidget,
    )

    def __init__(self, *args: Any, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["store"].queryset = _stores()  # type: ignore[attr-defined]  # a choice
        self.fields["occurred_at"].initial = f"{now:%Y-%m-%d %H:%M}"

    def clean_member(self) -> Member | None:
        text = self.cleaned_data["member"].strip()
        return one_member(text) if text else None


class LineForm(forms.Form):
    sku = forms.CharField(
        label=gettext_lazy("Article number"),
        max_length=policies.SKU_LENGTH,
        widget=UnfoldAdminTextInputWidget,
    )
    name = forms.CharField(
        label=gettext_lazy("Name"),
        required=False,
        max_length=policies.NAME_LENGTH,
        widget=UnfoldAdminTextInputWidget,
    )
    quantity = forms.DecimalField(
        label=gettext_lazy("Quantity"),
        max_digits=12,
        decimal_places=3,
        widget=UnfoldAdminDecimalFieldWidget,
    )
    unit_price = forms.DecimalField(
        label=gettext_lazy("Unit price"),
        max_digits=14,
        decimal_places=4,
        widget=UnfoldAdminDecimalFieldWidget,
    )
    # Goods come first with an empty value: a row that nobody touched stays empty.
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"),
        required=False,
        choices=[("", ReceiptLine.Kind.GOODS.label), ReceiptLine.Kind.choices[1]],
        widget=UnfoldAdminSelectWidget,
    )
    category = forms.CharField(
        label=gettext_lazy("Category code"),
        required=False,
        max_length=policies.CATEGORY_LENGTH,
        widget=UnfoldAdminTextInputWidget,
    )


LineFormSet = forms.formset_factory(
    LineForm, extra=EMPTY_LINES, max_num=50, validate_max=True, min_num=1, validate_min=True
)


def receipt_input(head: dict[str, Any], lines: list[dict[str, Any]]) -> ReceiptInput:
    """The clean data of both as the intake takes it."""
    member: Member | None = head["member"]
    return ReceiptInput(
        number=head["number"],
        kind=head["kind"],
        occurred_at=head["occurred_at"],
        lines=[
            LineInput(
                line["sku"],
                line["name"],
                line["quantity"],
                line["unit_price"],
                kind=line["kind"] or policies.GOODS,
                category=line["category"],
            )
            for line in lines
            if line
        ],
        member=MemberRef("number", member.number) if member is not None else None,
        original_number=head["original_number"],
        business=head["business"],
        completed_at=head["completed_at"],
        paid_by_coupon=head["paid_by_coupon"] or Decimal(0),
        paid_by_points=head["paid_by_points"] or Decimal(0),
    )


class UploadForm(forms.Form):
    """A file of receipts and how to read it."""

    store = forms.ModelChoiceField(
        label=gettext_lazy("Store"), queryset=Store.objects.none(), widget=UnfoldAdminSelectWidget
    )
    file = forms.FileField(
        label=gettext_lazy("File"),
        max_length=255,
        help_text=gettext_lazy("CSV or XLSX with a header; a CSV may be compressed (.gz)."),
        widget=UnfoldAdminFileFieldWidget,
    )
    mapping = forms.ChoiceField(
        label=gettext_lazy("Columns"), choices=(), widget=UnfoldAdminSelectWidget
    )
    mapping_file = forms.FileField(
        label=gettext_lazy("Own column mapping"),
        required=False,
        help_text=gettext_lazy("A TOML file; it takes the place of the choice above."),
        widget=UnfoldAdminFileFieldWidget,
    )
    create_members = forms.BooleanField(
        label=gettext_lazy("Create missing members"),
        required=False,
        help_text=gettext_lazy("Otherwise receipts of unknown members are refused."),
        widget=UnfoldBooleanSwitchWidget,
    )
    is_dry_run = forms.BooleanField(
        label=gettext_lazy("Dry run"),
        required=False,
        help_text=gettext_lazy("Checks and counts everything, writes nothing."),
        widget=UnfoldBooleanSwitchWidget,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["store"].queryset = _stores()  # type: ignore[attr-defined]  # a choice
        self.fields["mapping"].choices = _mappings()  # type: ignore[attr-defined]  # a choice

    def clean_mapping_file(self) -> str | None:
        upload: UploadedFile[Any] | None = self.cleaned_data["mapping_file"]
        if upload is None:
            return None
        try:
            text: str = upload.read(100_000).decode("utf-8-sig")
            mapping.load(text)
        except UnicodeDecodeError:
            raise forms.ValidationError(_("The column mapping is not UTF-8.")) from None
        except FileRefused as refusal:
            raise forms.ValidationError(str(refusal)) from refusal
        return text

    def mapping_text(self) -> str:
        """The mapping to use: the own one, or the built-in one that was chosen."""
        own: str | None = self.cleaned_data["mapping_file"]
        if own is not None:
            return own
        folder: Path = mapping.DEFAULT.parent
        return (folder / f"{self.cleaned_data['mapping']}.toml").read_text(encoding="utf-8")


def _mappings() -> list[tuple[str, str]]:
    names = {
        "standard": _("Standard template (number, time, member, article, quantity, price)"),
        "online_retail": _("Online Retail (UCI data set)"),
    }
    return [
        (path.stem, names.get(path.stem, path.stem))
        for path in sorted(mapping.DEFAULT.parent.glob("*.toml"), reverse=True)
    ]
