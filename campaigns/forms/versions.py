"""The settings of a version of the program, and what publishing asks for."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget

from campaigns.forms import fields
from campaigns.models import EarningRuleVersion, RuleFault
from campaigns.policies.programs import EXCLUDABLE
from campaigns.selectors import problems
from stores.selectors import goods

# As the policies name them → as the form does.
_FIELDS: Mapping[str, str] = {
    "basic_method": "method",
    "basic_points": "points",
    "basic_yuan": "block_yuan",
    "excluded": "excluded_category",
}


class VersionForm(forms.ModelForm[EarningRuleVersion]):
    """Settings without JSON: the goods that earn nothing are picked or typed in four lists."""

    excluded_category = fields.PickField(
        label=_("Categories that earn nothing, with everything below them")
    )
    excluded_sku = fields.ListField(label=_("Articles that earn nothing"))
    excluded_brand = fields.ListField(label=_("Brands that earn nothing"))
    excluded_label = fields.ListField(label=_("Labels that earn nothing"))

    class Meta:
        model = EarningRuleVersion
        exclude = ("excluded",)  # noqa: DJ006 — the page's fieldsets name the fields

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        instance = kwargs.get("instance")
        excluded = instance.excluded if instance else {}
        shown = {f"excluded_{kind}": list(excluded.get(kind, ())) for kind in EXCLUDABLE}
        kwargs["initial"] = shown | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)
        for name in ("preface", "preface_en", "announcement", "announcement_en"):
            if name in self.fields:
                self.fields[name].widget.attrs["rows"] = 4
        if "excluded_category" in self.fields:  # who may only look has no fields
            self._offer(shown)

    def _offer(self, shown: Mapping[str, Any]) -> None:
        picker = self.fields["excluded_category"]
        if isinstance(picker, fields.PickField):
            picker.offer(goods.known_categories(), shown["excluded_category"])
        hints = {
            "excluded_sku": _("Article numbers, separated by commas or line ends."),
            "excluded_brand": _("Separated by commas or line ends."),
            "excluded_label": _("Separated by commas or line ends. Usual: %(labels)s."),
        }
        usual = ", ".join(f"{label} ({word})" for label, word in goods.known_labels()[:8])
        for name, hint in hints.items():
            self.fields[name].help_text = str(hint) % {"labels": usual}
        faults = RuleFault.objects.filter(state=RuleFault.State.OPEN).values("version_id")
        if "repairs" in self.fields:
            choice = self.fields["repairs"]
            choice.queryset = EarningRuleVersion.objects.filter(pk__in=faults)  # type: ignore[attr-defined]  # a choice

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not any(f"excluded_{kind}" in self.fields for kind in EXCLUDABLE):
            return data
        told = {kind: data.get(f"excluded_{kind}") or [] for kind in EXCLUDABLE}
        before = self.instance.excluded
        now = {kind: values for kind, values in told.items() if values}
        # Saving what nobody changed must not look like a change.
        same = {k: set(v) for k, v in before.items() if v} == {k: set(v) for k, v in now.items()}
        self.instance.excluded = before if same else now
        return data

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]  # the stubs leave it out
        for problem in problems.of_program(self.instance.as_terms([])):
            name = _FIELDS.get(problem.field, problem.field)
            name = name if name in self.fields else ""
            if not name or name not in self.errors:
                self.add_error(name or None, problems.sentence(problem))


class PublishForm(forms.Form):
    """Reasons for what publishing otherwise refuses; they are kept with the version."""

    reason = forms.CharField(
        label=_("Why without a back-test"),
        required=False,
        max_length=300,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
    )
    short_notice_reason = forms.CharField(
        label=_("Why members are told so late"),
        required=False,
        max_length=300,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, ask_reason: bool, ask_notice: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not ask_reason:
            del self.fields["reason"]
        if not ask_notice:
            del self.fields["short_notice_reason"]
