"""The settings of points as money, without JSON."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.forms import fields
from sales.models import CheckoutSettings
from stores import policies
from stores.selectors import goods

KINDS = ("category", "label", "sku")


class CheckoutSettingsForm(forms.ModelForm[CheckoutSettings]):
    """The goods that points cannot pay are picked or typed in three lists."""

    excluded_category = fields.PickField(
        label=gettext_lazy("Categories that points cannot pay, with everything below them")
    )
    excluded_label = fields.ListField(label=gettext_lazy("Labels that points cannot pay"))
    excluded_sku = fields.ListField(label=gettext_lazy("Articles that points cannot pay"))

    class Meta:
        model = CheckoutSettings
        exclude = ("excluded",)  # noqa: DJ006 — the page's fieldsets name the fields

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        instance = kwargs.get("instance")
        excluded = instance.excluded if instance else {}
        shown = {f"excluded_{kind}": list(excluded.get(kind, ())) for kind in KINDS}
        kwargs["initial"] = shown | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)
        picker = self.fields.get("excluded_category")
        if isinstance(picker, fields.PickField):  # who may only look has no fields
            picker.offer(goods.known_categories(), shown["excluded_category"])
            usual = ", ".join(f"{label} ({word})" for label, word in goods.known_labels()[:8])
            hint = _("Separated by commas or line ends. Usual: %(labels)s.") % {"labels": usual}
            self.fields["excluded_label"].help_text = hint
            hint = _("Article numbers, separated by commas or line ends.")
            self.fields["excluded_sku"].help_text = hint

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if "excluded_category" not in self.fields:
            return data
        labels = policies.labels(data.get("excluded_label") or [])
        if fault := policies.labels_fault(labels):
            self.add_error("excluded_label", _LABEL_FAULTS[fault])
        told = {
            "category": data.get("excluded_category") or [],
            "label": labels,
            "sku": data.get("excluded_sku") or [],
        }
        self.instance.excluded = {kind: values for kind, values in told.items() if values}
        return data


_LABEL_FAULTS = {
    "too_many_labels": gettext_lazy("These are too many labels."),
    "label_invalid": gettext_lazy("A label is too long, or has characters that no label has."),
}
