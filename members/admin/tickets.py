"""The desk: tickets of members, what is due first, and the thread with what staff may do."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import F, Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from members.admin.base import ByMember, ReadOnlyAdmin, posted, register_link, service_page
from members.models import Ticket, TicketSettings
from members.selectors import tickets as selectors
from members.services import ticket_desk, tickets
from stores.admin.base import OneRowAdmin
from stores.services import pictures

register_link(gettext_lazy("Tickets"), "admin:members_ticket_changelist")
_BACKEND = "django.contrib.auth.backends.ModelBackend"


class TextForm(forms.Form):
    text = forms.CharField(
        label=gettext_lazy("Text"),
        max_length=tickets.TEXT_LENGTH,
        strip=False,
        widget=UnfoldAdminTextareaWidget,
    )


class AssignForm(forms.Form):
    to = forms.ModelChoiceField(
        label=gettext_lazy("assigned to"),
        queryset=User.objects.none(),
        required=False,
        empty_label=gettext_lazy("nobody"),
        widget=UnfoldAdminSelectWidget,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        desk = User.objects.with_perm(ticket_desk.PERMISSION, backend=_BACKEND)
        self.fields["to"].queryset = desk.filter(is_staff=True).order_by("username")  # type: ignore[attr-defined]


class DueFilter(admin.SimpleListFilter):
    """Overdue, or mine."""

    title = gettext_lazy("work")
    parameter_name = "work"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("overdue", _("overdue")),
            ("mine", _("assigned to me")),
            ("free", _("assigned to nobody")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Ticket]) -> QuerySet[Ticket]:
        if self.value() == "overdue":
            return queryset.filter(state=Ticket.State.OPEN, due_at__lt=timezone.now())
        if self.value() == "mine":
            return queryset.filter(assigned_to=request.user.pk)
        if self.value() == "free":
            return queryset.filter(assigned_to=None).exclude(state=Ticket.State.CLOSED)
        return queryset


@admin.register(Ticket)
class TicketAdmin(ByMember, ReadOnlyAdmin):
    """What waits comes first, and of that what is due first."""

    search_help_text = gettext_lazy(
        "Ticket number, or a member's number, phone, external number or whole name"
    )
    list_display = (
        "grouped_number",
        "kind",
        "subject",
        "member",
        "state_label",
        "due",
        "assigned_to",
        "opened_at",
    )
    list_filter = ("state", DueFilter, "kind", "store")
    list_select_related = ("member", "assigned_to")
    list_before_template = "admin/members/tickets_head.html"
    change_form_after_template = "admin/members/ticket_thread.html"
    ordering = (F("due_at").asc(nulls_last=True), "-pk")
    fields = (
        "grouped_number",
        "member",
        ("kind", "state"),
        "subject",
        ("due_at", "assigned_to"),
        ("opened_at", "took"),
        "store",
    )
    actions_detail = ("answer", "note", "assign", "close", "reopen")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Ticket], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        number = "".join(search_term.split())
        if number.isascii() and number.isdigit() and len(number) == 10:
            return queryset.filter(number=number), False
        return super().get_search_results(request, queryset, search_term)

    def get_urls(self) -> list[URLPattern]:
        photo = path(
            "<int:ticket_id>/photos/<int:photo_id>/",
            self.admin_site.admin_view(self.photo),
            name="members_ticket_photo",
        )
        return [photo, *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        shown = {"figures": selectors.figures(timezone.now())}
        page: HttpResponse = super().changelist_view(request, {**(extra_context or {}), **shown})
        return page

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        ticket = self.get_object(request, object_id)
        thread = selectors.thread(ticket, is_staff=True) if ticket is not None else []
        shown = {"thread": thread, "ticket": ticket}
        context = {**(extra_context or {}), **shown}
        page: HttpResponse = super().change_view(request, object_id, form_url, context)
        return page

    def photo(self, request: HttpRequest, ticket_id: int, photo_id: int) -> HttpResponse:
        """A photo, for whoever may see tickets."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        ticket = get_object_or_404(Ticket, pk=min(ticket_id, 2**63 - 1))
        found = selectors.photo(ticket, min(photo_id, 2**63 - 1), is_staff=True)
        content = pictures.read(found.path) if found else None
        if content is None:
            raise Http404
        return HttpResponse(content, content_type="image/webp")

    def has_answer_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm(ticket_desk.PERMISSION)

    @display(description=gettext_lazy("ticket number"), ordering="number")
    def grouped_number(self, ticket: Ticket) -> str:
        return ticket.grouped_number.replace(" ", chr(0xA0))

    @display(
        description=gettext_lazy("state"),
        label={
            Ticket.State.OPEN: "warning",
            Ticket.State.ANSWERED: "success",
            Ticket.State.CLOSED: "info",
        },
    )
    def state_label(self, ticket: Ticket) -> tuple[str, str]:
        return ticket.state, ticket.get_state_display()

    @display(
        description=gettext_lazy("answer due"),
        ordering="due_at",
        label={"overdue": "danger", "due": "default"},
    )
    def due(self, ticket: Ticket) -> tuple[str, str] | None:
        if ticket.due_at is None:
            return None
        moment = f"{timezone.localtime(ticket.due_at):%m-%d %H:%M}"
        if ticket.is_overdue(timezone.now()):
            return "overdue", _("overdue since %(moment)s") % {"moment": moment}
        return "due", moment

    @display(description=gettext_lazy("time to the first answer"))
    def took(self, ticket: Ticket) -> str:
        if ticket.first_answered_at is None:
            return "–"
        hours = (ticket.first_answered_at - ticket.opened_at).total_seconds() / 3600
        return _("%(hours)s hours") % {"hours": f"{hours:.1f}"}

    @action(
        description=gettext_lazy("Answer"), url_path="answer", permissions=["answer"], icon="reply"
    )
    def answer(self, request: HttpRequest, object_id: int) -> HttpResponse:
        def call(data: dict[str, Any]) -> tuple[Model, str]:
            ticket_desk.answer(
                ticket_id=object_id, staff=staff(request), text=data["text"], at=timezone.now()
            )
            return _ticket(object_id), _("Answered.")

        return self._page(
            request, object_id, TextForm(posted(request)), _("Answer the member"), _("Send"), call
        )

    @action(
        description=gettext_lazy("Internal note"),
        url_path="note",
        permissions=["answer"],
        icon="sticky_note_2",
    )
    def note(self, request: HttpRequest, object_id: int) -> HttpResponse:
        def call(data: dict[str, Any]) -> tuple[Model, str]:
            ticket_desk.note(
                ticket_id=object_id, staff=staff(request), text=data["text"], at=timezone.now()
            )
            return _ticket(object_id), _("Noted.")

        title = _("A note among staff; the member does not see it")
        return self._page(request, object_id, TextForm(posted(request)), title, _("Note"), call)

    @action(
        description=gettext_lazy("Assign"), url_path="assign", permissions=["answer"], icon="person"
    )
    def assign(self, request: HttpRequest, object_id: int) -> HttpResponse:
        def call(data: dict[str, Any]) -> tuple[Model, str]:
            ticket = ticket_desk.assign(
                ticket_id=object_id, staff=staff(request), to=data["to"], at=timezone.now()
            )
            who = ticket.assigned_to.get_username() if ticket.assigned_to else _("nobody")
            return ticket, _("Assigned to %(name)s.") % {"name": who}

        form = AssignForm(
            posted(request), initial={"to": _ticket(object_id).assigned_to_id or request.user.pk}
        )
        return self._page(request, object_id, form, _("Assign the ticket"), _("Assign"), call)

    @action(
        description=gettext_lazy("Close"), url_path="close", permissions=["answer"], icon="check"
    )
    def close(self, request: HttpRequest, object_id: int) -> HttpResponse:
        def call(_data: dict[str, Any]) -> tuple[Model, str]:
            ticket = ticket_desk.close(ticket_id=object_id, staff=staff(request), at=timezone.now())
            return ticket, _("Closed.")

        form = forms.Form(posted(request))
        return self._page(request, object_id, form, _("Close the ticket"), _("Close"), call)

    @action(
        description=gettext_lazy("Reopen"),
        url_path="reopen",
        permissions=["answer"],
        icon="lock_open",
    )
    def reopen(self, request: HttpRequest, object_id: int) -> HttpResponse:
        def call(_data: dict[str, Any]) -> tuple[Model, str]:
            ticket = ticket_desk.reopen(
                ticket_id=object_id, staff=staff(request), at=timezone.now()
            )
            return ticket, _("Reopened.")

        form = forms.Form(posted(request))
        return self._page(request, object_id, form, _("Reopen the ticket"), _("Reopen"), call)

    def _page(
        self,
        request: HttpRequest,
        object_id: int,
        form: forms.Form,
        title: str | Promise,
        submit: str | Promise,
        call: Any,
    ) -> HttpResponse:
        ticket = _ticket(object_id)
        return service_page(
            self,
            request,
            form=form,
            title=f"{title} · {ticket.grouped_number}",
            submit=submit,
            call=call,
            back=reverse("admin:members_ticket_change", args=[ticket.pk]),
        )


@admin.register(TicketSettings)
class TicketSettingsAdmin(OneRowAdmin):
    fields = ("hours_to_answer", "open_max", "messages_per_hour")


def staff(request: HttpRequest) -> User:
    """Who works here; the back office lets nobody else in."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def _ticket(ticket_id: int) -> Ticket:
    return get_object_or_404(Ticket.objects.select_related("assigned_to"), pk=ticket_id)
