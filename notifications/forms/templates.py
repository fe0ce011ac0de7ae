"""A merchant's wording as staff write it, and where a trial of it goes."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from notifications.models import MessageTemplate, Notice
from notifications.policies import kinds
from notifications.services import template_checks
from notifications.services.wordings import WORDINGS
from stores.exceptions import Refusal

_EVERY = _("every event of this kind")


def event_label(kind: str, event: str) -> str:
    """What an event is called: the title of the product's own words for it."""
    return str(WORDINGS[kind, event][0]) if event else str(Notice.Kind(kind).label)


def abouts() -> list[tuple[str, list[tuple[str, str]]]]:
    """Every kind with its events, for a menu: `redemption`, `redemption.shipped`."""
    menu = []
    for kind, one in kinds.KINDS.items():
        events = [event for event in one.events if event]
        rows = [(kind, str(_EVERY) if events else event_label(kind, ""))]
        rows += [(f"{kind}.{event}", event_label(kind, event)) for event in events]
        menu.append((str(Notice.Kind(kind).label), rows))
    return menu


class TemplateForm(forms.ModelForm[MessageTemplate]):
    """One wording. What it is about is chosen in one menu; a mistake is found at saving."""

    about = forms.ChoiceField(label=_("About"), widget=UnfoldAdminSelectWidget)

    class Meta:
        model = MessageTemplate
        fields = ("channel", "language", "subject", "body", "provider_template", "is_active")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        menu = self.fields.get("about")
        if isinstance(menu, forms.ChoiceField):
            menu.choices = abouts()
            if self.instance.pk:
                kind, event = self.instance.kind, self.instance.event
                self.initial["about"] = f"{kind}.{event}" if event else kind

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if "about" not in data or "channel" not in data or "language" not in data:
            return data
        kind, _dot, event = data["about"].partition(".")
        self.instance.kind, self.instance.event = kind, event
        try:
            template_checks.check(
                kind=kind,
                event=event,
                channel=data["channel"],
                body=data.get("body", ""),
                subject=data.get("subject", ""),
                provider_template=data.get("provider_template", ""),
            )
        except Refusal as refusal:
            self.add_error(refusal.field if refusal.field in self.fields else None, str(refusal))
        self._check_once(kind, event, data)
        return data

    def _check_once(self, kind: str, event: str, data: dict[str, Any]) -> None:
        same = MessageTemplate.objects.filter(
            kind=kind, event=event, channel=data["channel"], language=data["language"]
        )
        if same.exclude(pk=self.instance.pk).exists():
            self.add_error("about", _("There is a wording for this channel and language already."))


class TrialForm(forms.Form):
    """Where a trial message goes: an SMS to a number, a mail to an address."""

    to = forms.CharField(
        label=_("To"),
        max_length=254,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("A number or an address of your own. The message carries sample values."),
    )
