"""The merchant's wordings: all of them on one page, each with a preview and a trial."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.decorators import action

from members.admin.base import posted, service_page
from notifications.forms.templates import TemplateForm, TrialForm, event_label
from notifications.models import Message, MessageTemplate
from notifications.policies import kinds
from notifications.selectors import template_table
from notifications.services import template_checks, trials
from stores.exceptions import Refusal


@admin.register(MessageTemplate)
class MessageTemplateAdmin(ModelAdmin):
    """The list is a table of everything that can be worded; a cell leads to its wording."""

    form = TemplateForm
    change_form_template = "admin/notifications/template_form.html"
    actions_detail = ("trial",)
    readonly_fields = ("ours", "placeholders", "preview", "changed")
    fields = (
        "about",
        ("channel", "language"),
        "subject",
        "body",
        "provider_template",
        "is_active",
        "preview",
        "ours",
        "placeholders",
        "changed",
    )

    def get_urls(self) -> list[URLPattern]:
        own = path(
            "preview/",
            self.admin_site.admin_view(self.preview_view),
            name="notifications_messagetemplate_preview",
        )
        return [own, *super().get_urls()]

    def has_trial_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(self.has_change_permission(request))

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "title": _("What members are told, and how"),
            "table": [(row, event_label(row.kind, row.event)) for row in template_table.rows()],
            "columns": template_table.columns(),
            "may_change": self.has_change_permission(request),
            "may_add": self.has_add_permission(request),
        }
        return TemplateResponse(request, "admin/notifications/template_table.html", context)

    def save_model(
        self, request: HttpRequest, obj: MessageTemplate, form: Any, change: bool
    ) -> None:
        obj.updated_at = timezone.now()
        obj.updated_by = request.user.get_username()[:64]
        super().save_model(request, obj, form, change)

    def preview_view(self, request: HttpRequest) -> JsonResponse:
        """How the words in the form read with sample values, or what is wrong with them."""
        if not self.has_view_or_change_permission(request):
            return JsonResponse({}, status=403)
        kind, _dot, event = request.POST.get("about", "").partition(".")
        try:
            shown = template_checks.preview(
                kind=kind,
                event=event,
                channel=request.POST.get("channel", ""),
                language=request.POST.get("language", ""),
                body=request.POST.get("body", "")[:2000],
                subject=request.POST.get("subject", "")[:120],
            )
        except Refusal as refusal:
            return JsonResponse({"error": str(refusal)}, status=422)
        names = sorted(kinds.placeholders(kind, event))
        return JsonResponse(
            {
                "title": shown.title,
                "body": shown.body,
                "placeholders": [f"{{{name}}}" for name in names],
            }
        )

    @action(
        description=gettext_lazy("Send a trial"),
        url_path="trial",
        permissions=["trial"],
        icon="send",
    )
    def trial(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Send the saved wording with sample values to an own number or address."""
        row = get_object_or_404(MessageTemplate, pk=object_id)

        def call(data: dict[str, Any]) -> tuple[MessageTemplate, str]:
            sent: Message = trials.send(
                template=row, to=data["to"], staff_id=request.user.pk, at=timezone.now()
            )
            return row, _("A trial is on its way to %(to)s.") % {"to": sent.masked_to}

        return service_page(
            self,
            request,
            form=TrialForm(posted(request)),
            title=_("Send a trial of “%(template)s”") % {"template": row},
            submit=_("Send"),
            call=call,
            back=reverse("admin:notifications_messagetemplate_change", args=[row.pk]),
        )

    @admin.display(description=gettext_lazy("preview with sample values"))
    def preview(self, row: MessageTemplate) -> SafeString:
        shown = self._shown(row, is_own=True)
        return format_html(
            '<div data-preview="{}" class="message-preview">{}</div>',
            reverse("admin:notifications_messagetemplate_preview"),
            shown,
        )

    @admin.display(description=gettext_lazy("the product's words"))
    def ours(self, row: MessageTemplate) -> SafeString:
        return self._shown(row, is_own=False)

    @admin.display(description=gettext_lazy("values it may name"))
    def placeholders(self, row: MessageTemplate) -> SafeString:
        names = sorted(kinds.placeholders(row.kind, row.event)) if row.kind else []
        codes = format_html_join(" ", "<code>{{{}}}</code>", ((name,) for name in names))
        return format_html('<div data-placeholders class="message-names">{}</div>', codes)

    @admin.display(description=gettext_lazy("changed"))
    def changed(self, row: MessageTemplate) -> str:
        if not row.pk:
            return "—"
        local = timezone.localtime(row.updated_at)
        return f"{local:%Y-%m-%d %H:%M} {row.updated_by}".strip()

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        names = ("about", "channel", "language")
        return {name: request.GET[name] for name in names if name in request.GET}

    def _shown(self, row: MessageTemplate, *, is_own: bool) -> SafeString:
        if not row.kind:
            return mark_safe("—")
        try:
            words = template_checks.preview(
                kind=row.kind,
                event=row.event,
                channel=row.channel,
                language=row.language,
                body=row.body if is_own else "",
                subject=row.subject if is_own else "",
            )
        except Refusal as refusal:
            return format_html("{}", str(refusal))
        return format_html("<strong>{}</strong><p>{}</p>", words.title, words.body)
