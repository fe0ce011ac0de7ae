"""Announcements in the back office: written, counted, published, stopped (F87)."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminSplitDateTimeWidget

from members.admin.base import posted, service_page
from notifications.models import Announcement
from notifications.selectors import announcements as selectors
from notifications.services import announcements

_STATE = Announcement.State
_WORDS = ("title_zh", "body_zh", "title_en", "body_en", "link")


class AnnouncementForm(forms.ModelForm[Announcement]):
    def clean_link(self) -> str:
        link: str = self.cleaned_data["link"].strip()
        if link and (not link.startswith("/") or link.startswith("//") or "\\" in link):
            raise forms.ValidationError(_("A link begins with / and leads to a page of ours."))
        return link

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if bool(data.get("title_en")) != bool(data.get("body_en")):
            self.add_error(
                "body_en", _("Write both the title and the text in English, or neither.")
            )
        return data


class PublishForm(forms.Form):
    publish_at = forms.SplitDateTimeField(
        label=gettext_lazy("Publish at"),
        required=False,
        widget=UnfoldAdminSplitDateTimeWidget,
        help_text=gettext_lazy("Empty: now."),
    )


@admin.register(Announcement)
class AnnouncementAdmin(ModelAdmin):
    """A draft is written and changed; what was published can only be stopped and resumed."""

    form = AnnouncementForm
    list_display = ("title_zh", "kind", "shown_state", "publish_at", "progress", "shown_until")
    list_filter = ("state", "kind")
    search_fields = ("title_zh", "title_en")
    ordering = ("-pk",)
    autocomplete_fields = ("tag",)
    actions_detail = ("publish", "stop", "resume")
    fields = (
        *_WORDS,
        "is_marketing",
        ("tag", "segment"),
        "shown_until",
        "shown_state",
        ("audience", "progress"),
        ("publish_at", "finished_at"),
        ("created_by", "created_at"),
    )
    _FACTS = (
        *("shown_state", "audience", "progress", "publish_at", "finished_at"),
        *("created_by", "created_at"),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self._FACTS

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        is_open = obj is None or obj.state == _STATE.DRAFT
        return is_open and bool(super().has_change_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        is_open = obj is not None and obj.state == _STATE.DRAFT
        return is_open and bool(super().has_delete_permission(request, obj))

    def has_publish_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._may(request, object_id, {_STATE.DRAFT})

    def has_stop_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._may(request, object_id, {_STATE.SENDING, _STATE.SENT})

    def has_resume_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._may(request, object_id, {_STATE.STOPPED})

    def _may(self, request: HttpRequest, object_id: Any, states: set[Announcement.State]) -> bool:
        """A button stands where its act makes sense."""
        if not request.user.has_perm("notifications.publish_announcement"):
            return False
        rows = Announcement.objects.filter(pk=object_id, state__in=states)
        return object_id is None or rows.exists()

    def save_model(self, request: HttpRequest, obj: Announcement, form: Any, change: bool) -> None:
        if not change:
            obj.created_by = request.user.get_username()[:64]
            obj.created_at = timezone.now()
        super().save_model(request, obj, form, change)

    @action(
        description=gettext_lazy("Publish"),
        url_path="publish",
        permissions=["publish"],
        icon="campaign",
    )
    def publish(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = self._row(object_id)

        def call(data: dict[str, Any]) -> tuple[Announcement, str]:
            done = announcements.publish(
                announcement_id=row.pk, publish_at=data["publish_at"], at=timezone.now()
            )
            return done, _("Published to %(count)s members.") % {"count": done.total}

        title = _("Publish “%(title)s” to %(count)s members") % {
            "title": row.title_zh,
            "count": f"{selectors.audience(row).count():,}",
        }
        return self._page(request, row, PublishForm, title, _("Publish"), call)

    @action(
        description=gettext_lazy("Stop telling"), url_path="stop", permissions=["stop"], icon="stop"
    )
    def stop(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Nobody further is told, and it is shown no more."""
        row = self._row(object_id)

        def call(data: dict[str, Any]) -> tuple[Announcement, str]:
            done = announcements.stop(announcement_id=row.pk, at=timezone.now())
            return done, _("Stopped.")

        return self._page(
            request, row, forms.Form, _("Stop telling members"), _("Stop telling"), call
        )

    @action(
        description=gettext_lazy("Resume"),
        url_path="resume",
        permissions=["resume"],
        icon="play_arrow",
    )
    def resume(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = self._row(object_id)

        def call(data: dict[str, Any]) -> tuple[Announcement, str]:
            done = announcements.resume(announcement_id=row.pk, at=timezone.now())
            return done, _("Resumed.")

        return self._page(request, row, forms.Form, _("Go on telling members"), _("Resume"), call)

    @display(
        description=gettext_lazy("state"),
        label={
            "draft": "default",
            "waiting": "info",
            "sending": "info",
            "sent": "success",
            "stopped": "warning",
        },
    )
    def shown_state(self, row: Announcement) -> tuple[str, str]:
        is_waiting = row.publish_at is not None and row.publish_at > timezone.now()
        if row.state == _STATE.SENDING and is_waiting:
            return "waiting", _("scheduled")
        return row.state or _STATE.DRAFT.value, row.get_state_display()

    @display(description=gettext_lazy("told"))
    def progress(self, row: Announcement) -> str:
        return f"{row.told:,} / {row.total:,}" if row.total else f"{row.told:,}"

    @display(description=gettext_lazy("members it is for"))
    def audience(self, row: Announcement) -> str:
        return f"{selectors.audience(row).count():,}" if row.pk else "—"

    def _row(self, object_id: str) -> Announcement:
        return get_object_or_404(Announcement, pk=object_id)

    def _page(
        self,
        request: HttpRequest,
        row: Announcement,
        form: type[forms.Form],
        title: str,
        button: str,
        call: Any,
    ) -> HttpResponse:
        return service_page(
            self,
            request,
            form=form(posted(request)),
            title=title,
            submit=button,
            call=call,
            back=reverse("admin:notifications_announcement_change", args=[row.pk]),
        )
