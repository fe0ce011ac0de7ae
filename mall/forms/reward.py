"""What staff fill in about rewards, their prices and pictures."""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from mall.models import Reward, RewardPicture, RewardPrice
from mall.policies import texts
from members.selectors import segments
from stores.exceptions import Refusal
from stores.services import pictures


class SegmentField(forms.ChoiceField):
    """A segment by its code, or none; asked for when the form is made."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            required=False,
            choices=lambda: [("", "–"), *segments.known_segments().items()],
            widget=UnfoldAdminSelectWidget,
            **kwargs,
        )


class RewardForm(forms.ModelForm[Reward]):
    segment = SegmentField(label=gettext_lazy("only for the segment"))

    class Meta:
        # The fields are those of the page in the back office.
        widgets = {
            "description": UnfoldAdminTextareaWidget(attrs={"rows": 8}),
            "description_en": UnfoldAdminTextareaWidget(attrs={"rows": 8}),
        }
        help_texts = {
            "description": gettext_lazy(
                "Plain text, or HTML with p, br, strong, em, ul, ol, li, h3, h4 and links. "
                "Everything else is taken out when it is saved; pictures have their own place."
            )
        }

    def clean_description(self) -> str:
        return _bounded(self.cleaned_data["description"])

    def clean_description_en(self) -> str:
        return _bounded(self.cleaned_data["description_en"])

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        starts, ends = data.get("starts_at"), data.get("ends_at")
        if starts and ends and ends <= starts:
            self.add_error("ends_at", _("The end lies after the start."))
        if data.get("is_by_invitation") and not data.get("segment"):
            self.add_error("segment", _("An invitation needs the segment that is invited."))
        return data


def _bounded(text: str) -> str:
    if len(text) > texts.TEXT_MAX:
        raise forms.ValidationError(
            _("The text has at most %(limit)s characters.") % {"limit": texts.TEXT_MAX}
        )
    return text


class PriceForm(forms.ModelForm[RewardPrice]):
    segment = SegmentField(label=gettext_lazy("for the segment"))

    class Meta:
        model = RewardPrice
        fields = ("level", "segment", "points", "money", "starts_at", "ends_at")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        starts, ends = data.get("starts_at"), data.get("ends_at")
        if starts and ends and ends <= starts:
            self.add_error("ends_at", _("The end lies after the start."))
        if not (data.get("level") or data.get("segment") or starts or ends):
            self.add_error(None, _("A special price is for a level, a segment or a time."))
        return data


class PriceFormSet(forms.BaseInlineFormSet[RewardPrice, Reward, PriceForm]):
    """A special price above the usual one would never be asked: nobody means to write it."""

    def clean(self) -> None:
        super().clean()
        # Neither is there when the reward itself was not filled in right.
        points: int | None = self.instance.points
        money: Decimal | None = self.instance.money
        for form in self.forms:
            data = getattr(form, "cleaned_data", None) or {}
            if data.get("DELETE") or points is None or money is None:
                continue
            if (data.get("points") or 0) > points:
                form.add_error("points", _("A special price is not above the usual one."))
            if (data.get("money") or 0) > money:
                form.add_error("money", _("A special price is not above the usual one."))


class PictureForm(forms.ModelForm[RewardPicture]):
    """A picture is read while the form is checked, and written only when all of it is right."""

    file = forms.FileField(
        label=gettext_lazy("new picture"),
        required=False,
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": "image/jpeg,image/png,image/webp"}),
        help_text=gettext_lazy("JPEG, PNG or WebP. It is made anew in three widths."),
    )

    class Meta:
        model = RewardPicture
        fields = ("words", "words_en", "position")

    rendered: pictures.Rendered | None = None

    def clean_file(self) -> "UploadedFile[Any] | None":
        upload: UploadedFile[Any] | None = self.cleaned_data["file"]
        if upload is None:
            if self.instance.pk is None:
                raise forms.ValidationError(_("Please choose a picture."))
            return None
        try:
            content = upload.read(pictures.BYTES_MAX + 1)
            self.rendered = pictures.rendered(content, widths=RewardPicture.WIDTHS)
        except Refusal as refusal:
            raise forms.ValidationError(str(refusal)) from refusal
        return upload


class StockForm(forms.Form):
    """So many pieces came in, or have to be written off, and why."""

    quantity = forms.IntegerField(
        label=gettext_lazy("Quantity"), min_value=1, widget=UnfoldAdminIntegerFieldWidget
    )
    note = forms.CharField(
        label=gettext_lazy("Note"),
        max_length=120,
        required=False,
        widget=UnfoldAdminTextInputWidget,
    )


class CodesForm(forms.Form):
    """Virtual codes, as a file or pasted, one to a line."""

    name = forms.CharField(
        label=gettext_lazy("Name of the batch"), max_length=60, widget=UnfoldAdminTextInputWidget
    )
    file = forms.FileField(
        label=gettext_lazy("File"),
        required=False,
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".csv,.txt,.xlsx"}),
        help_text=gettext_lazy(
            "CSV, TXT or XLSX: the codes stand in the first column, one to a row, without a header."
        ),
    )
    codes = forms.CharField(
        label=gettext_lazy("or codes, one to a line"),
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 8}),
        strip=False,
    )
    valid_until = forms.DateField(
        label=gettext_lazy("Valid until"),
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"type": "date"}),
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not data.get("file") and not (data.get("codes") or "").strip():
            self.add_error("file", _("Please choose a file, or paste the codes."))
        return data
