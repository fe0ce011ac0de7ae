"""Segments in the back office: built from conditions with a live count, listed, downloaded."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from unfold.decorators import display

from insights import tasks
from insights.admin import segment_files
from insights.forms import segments as building
from insights.forms.segments import Builder, SegmentForm, UploadForm
from insights.selectors import segment_words
from insights.selectors import segments as counting
from insights.selectors.segment_words import Known
from insights.services import segments as built
from members.admin.base import note, posted, service_page
from members.models import Member, Segment
from members.selectors import segments as listing
from members.services import segments
from stores.admin.base import BoundedAdmin
from stores.exceptions import Refusal
from stores.tasks import send

_PAGE = 50
_SHOWN_REFUSED = 200


@admin.register(Segment)
class SegmentAdmin(BoundedAdmin):
    list_display = ("label", "code", "kind", "size_label", "computed_at", "is_active")
    list_filter = ("kind", "is_active")
    search_fields = ("code", "name")
    ordering = ("kind", "code")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        own = [
            path("preview/", view(require_POST(self.preview_view)), name="segment_preview"),
            path("<int:pk>/members/", view(self.members_view), name="segment_members"),
            path("<int:pk>/csv/", view(require_POST(self.csv_view)), name="segment_csv"),
            path("<int:pk>/upload/", view(self.upload_view), name="segment_upload"),
            path(
                "<int:pk>/leave/<int:member_id>/",
                view(require_POST(self.leave_view)),
                name="segment_leave",
            ),
        ]
        return [*own, *super().get_urls()]

    # --- the builder ---------------------------------------------------------------------------

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        if request.GET.get("kind") == Segment.Kind.LIST:
            return self._list_page(request)
        return self._builder_page(request, None)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        segment = self._segment(request, object_id)
        if request.method == "POST" and not self.has_change_permission(request, segment):
            raise PermissionDenied
        if segment.kind == Segment.Kind.BUILT:
            return self._builder_page(request, segment)
        return self._names_page(request, segment)

    def _builder_page(self, request: HttpRequest, segment: Segment | None) -> HttpResponse:
        known, data = Known(), posted(request)
        form = SegmentForm(data, initial=_initial(segment))
        if data is not None:
            builder = building.from_data(data, known)
            if "_save" in data or "_continue" in data:
                answer = self._save(request, form, builder, segment)
                if answer is not None:
                    return answer
            else:
                _edit(builder, data, known)
                form = SegmentForm(initial=data.dict() | {"is_active": "is_active" in data})
        else:
            tree = segment.definition if segment is not None else {"all": []}
            builder = building.from_definition(tree, known)
        may_edit = (
            self.has_add_permission(request)
            if segment is None
            else self.has_change_permission(request, segment)
        )
        context = {
            **self._context(request, segment),
            "form": form,
            "builder": builder,
            "may_edit": may_edit,
            "preview_url": reverse("admin:segment_preview"),
            **_preview(builder, known),
        }
        if data is not None and not {"_save", "_continue"} & set(data):
            builder.forgive()
        return TemplateResponse(request, "admin/insights/segment_form.html", context)

    def _save(
        self, request: HttpRequest, form: SegmentForm, builder: Builder, segment: Segment | None
    ) -> HttpResponse | None:
        if not builder.is_valid() or not form.is_valid():
            if not builder.has_conditions():
                form.add_error(None, _("Add at least one condition."))
            return None
        data = {**form.cleaned_data, "definition": builder.definition(), "at": timezone.now()}
        if segment is None:
            data.pop("is_active")
            call: Callable[..., Segment] = built.create
        else:
            data["segment_id"] = segment.pk
            call = built.change
        try:
            with transaction.atomic():
                saved = call(**data)
                note(request, saved, segment_words.sentence(saved.definition)[:2000])
        except Refusal as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
            return None
        self._work_out(request, saved)
        to = "change" if "_continue" in request.POST else "changelist"
        arguments = [saved.pk] if to == "change" else []
        return redirect(reverse(f"admin:members_segment_{to}", args=arguments))

    def _work_out(self, request: HttpRequest, segment: Segment) -> None:
        """At once in a small shop; in a large one a job does it, and a sweep if that gets lost."""
        name = {"name": str(segment)}
        if segment.stale_since is None:
            messages.success(request, _("Saved: %(name)s.") % name)
        elif Member.objects.count() <= built.AT_ONCE_MAX:
            built.refresh(segment_id=segment.pk, at=timezone.now())
            segment.refresh_from_db()
            text = _("Saved: %(name)s. It has %(count)s members.")
            messages.success(request, text % {**name, "count": f"{segment.size:,}"})
        else:
            transaction.on_commit(lambda: send(tasks.refresh_waiting_segments))
            text = _("Saved: %(name)s. Its members are being worked out; look again in a minute.")
            messages.success(request, text % name)

    def preview_view(self, request: HttpRequest) -> HttpResponse:
        """Count, sample and sentence for what is in the form; nothing is saved."""
        if not (self.has_add_permission(request) or self.has_change_permission(request)):
            raise PermissionDenied
        known = Known()
        builder = building.from_data(request.POST, known)
        context = _preview(builder, known)
        return TemplateResponse(request, "admin/insights/_segment_preview.html", context)

    # --- lists and RFM groups --------------------------------------------------------------------

    def _list_page(self, request: HttpRequest) -> HttpResponse:
        def call(data: dict[str, Any]) -> tuple[Segment, str]:
            made = segments.create(
                code=data["code"],
                name=data["name"],
                description=data["description"],
                kind=Segment.Kind.LIST,
                at=timezone.now(),
            )
            return made, _("The list is there; now put members on it.")

        form = SegmentForm(posted(request))
        del form.fields["is_active"]
        return service_page(
            self,
            request,
            form=form,
            title=_("New fixed list"),
            submit=_("Make the list"),
            call=call,
            back=_list_address(),
        )

    def _names_page(self, request: HttpRequest, segment: Segment) -> HttpResponse:
        is_rfm = segment.kind == Segment.Kind.RFM
        form = SegmentForm(posted(request), initial=_initial(segment), keeps_code=is_rfm)

        def call(data: dict[str, Any]) -> tuple[Segment, str]:
            kept: dict[str, Any] = {"code": segment.code, "is_active": segment.is_active}
            saved = segments.change(segment_id=segment.pk, **kept | data, at=timezone.now())
            return saved, _("Saved: %(name)s.") % {"name": saved}

        return service_page(
            self,
            request,
            form=form,
            title=str(segment),
            submit=_("Save"),
            call=call,
            back=_list_address(),
            template="admin/insights/segment_names.html",
            shown=self._context(request, segment),
        )

    def upload_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        segment = self._segment(request, pk)
        if not self.has_change_permission(request, segment):
            raise PermissionDenied
        data = posted(request)
        form = UploadForm(data, request.FILES if data is not None else None)
        context = self._context(request, segment)
        if form.is_valid():
            try:
                with transaction.atomic():
                    done = segments.put_list(
                        segment_id=segment.pk,
                        rows=segment_files.rows(form.cleaned_data),
                        replace=form.cleaned_data["replace"],
                        at=timezone.now(),
                    )
                    told = _("%(added)s put on the list, %(removed)s taken off.") % {
                        "added": done.change.added,
                        "removed": done.change.removed,
                    }
                    note(request, segment, told)
            except Refusal as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, told)
                if not done.refused:
                    return redirect("admin:segment_members", pk)
                form = UploadForm()
                shown = done.refused[:_SHOWN_REFUSED]
                context |= {"refused": shown, "refused_count": len(done.refused)}
        context |= {"form": form, "title": _("Put members on “%(name)s”") % {"name": segment}}
        return TemplateResponse(request, "admin/insights/segment_upload.html", context)

    def leave_view(self, request: HttpRequest, pk: int, member_id: int) -> HttpResponse:
        segment = self._segment(request, pk)
        if not self.has_change_permission(request, segment):
            raise PermissionDenied
        try:
            with transaction.atomic():
                gone = segments.remove_from_list(
                    segment_id=segment.pk, member_id=member_id, at=timezone.now()
                )
                if gone:
                    note(request, segment, _("Member %(pk)s taken off.") % {"pk": member_id})
        except Refusal as refusal:
            messages.error(request, str(refusal))
        return redirect("admin:segment_members", pk)

    # --- who is in it ----------------------------------------------------------------------------

    def members_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        segment = self._segment(request, pk)
        if not request.user.has_perm("members.view_member"):
            raise PermissionDenied
        text = request.GET.get("after", "")
        after = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
        rows = listing.page_of(segment.pk, after=after, limit=_PAGE + 1)
        context = {
            **self._context(request, segment),
            "title": str(segment),
            "rows": [(row, segment_files.phone_of(row, request)) for row in rows[:_PAGE]],
            "next": rows[_PAGE - 1].id if len(rows) > _PAGE else None,
            "may_export": request.user.has_perm("members.export_segment"),
            "may_remove": segment.kind == Segment.Kind.LIST
            and self.has_change_permission(request, segment),
        }
        return TemplateResponse(request, "admin/insights/segment_members.html", context)

    def csv_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """The members as a file. Who took it is noted: personal data leaves the house."""
        segment = self._segment(request, pk)
        if not request.user.has_perms(["members.export_segment", "members.view_member"]):
            raise PermissionDenied
        note(request, segment, _("Downloaded %(count)s members.") % {"count": segment.size})
        return StreamingHttpResponse(
            segment_files.csv_lines(segment, request),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="segment-{segment.code}.csv"'},
        )

    # --- the end of one --------------------------------------------------------------------------

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        segment = self._segment(request, object_id)
        if not self.has_delete_permission(request, segment):
            raise PermissionDenied

        def call(_data: dict[str, Any]) -> tuple[Segment, str]:
            told = _("Deleted: %(name)s.") % {"name": segment}
            segments.delete(segment_id=segment.pk, at=timezone.now())
            return segment, told

        return service_page(
            self,
            request,
            form=forms.Form(posted(request)),
            title=_("Delete “%(name)s”? Nobody is deleted, only the group.") % {"name": segment},
            submit=_("Delete"),
            call=call,
            back=_list_address(),
        )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        is_rfm = obj is not None and obj.kind == Segment.Kind.RFM
        return not is_rfm and bool(super().has_delete_permission(request, obj))

    # --- shared ----------------------------------------------------------------------------------

    def _segment(self, request: HttpRequest, pk: Any) -> Segment:
        segment = get_object_or_404(Segment, pk=pk if str(pk).isdigit() else None)
        if not self.has_view_permission(request, segment):
            raise PermissionDenied
        return segment

    def _context(self, request: HttpRequest, segment: Segment | None) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": str(segment) if segment is not None else _("New segment"),
            "segment": segment,
            "back": _list_address(),
            "uses": listing.uses_of(segment.code, timezone.now()) if segment is not None else [],
            "may_delete": segment is not None and self.has_delete_permission(request, segment),
            "may_change": segment is not None and self.has_change_permission(request, segment),
            "media": self.media,
        }

    @display(description=gettext_lazy("segment"), ordering="name")
    def label(self, segment: Segment) -> str:
        return str(segment)

    @display(description=gettext_lazy("members"), ordering="size")
    def size_label(self, segment: Segment) -> str:
        return f"{segment.size:,}" if segment.computed_at else "–"


def _list_address() -> str:
    return reverse("admin:members_segment_changelist")


def _initial(segment: Segment | None) -> dict[str, Any]:
    if segment is None:
        return {}
    return {
        "name": segment.name or str(segment),
        "code": segment.code,
        "description": segment.description,
        "is_active": segment.is_active,
    }


def _edit(builder: Builder, data: Any, known: Known) -> None:
    """What the buttons of the form ask for; a preview asks for nothing."""
    if asked := data.get("_add"):
        place = asked.removeprefix("g")
        if place.isdigit():
            builder.add(int(place), data.get(f"{asked}-new", ""), known)
    elif "_group" in data:
        builder.add_group()
    elif asked := data.get("_remove"):
        builder.remove(asked)


def _preview(builder: Builder, known: Known) -> dict[str, Any]:
    if not builder.has_conditions():
        return {"preview": None, "sentence": "", "is_unfinished": False}
    if not builder.is_complete():
        return {"preview": None, "sentence": "", "is_unfinished": True}
    tree = builder.definition()
    if segment_words.all_problems(tree, known):
        return {"preview": None, "sentence": "", "is_unfinished": True}
    return {
        "preview": counting.preview(tree, timezone.now()),
        "sentence": segment_words.sentence(tree, known),
        "is_unfinished": False,
    }
