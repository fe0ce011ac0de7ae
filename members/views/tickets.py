"""Help and feedback: a member's tickets, a new one, and the thread of one."""

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from members.exceptions import TicketUnknown
from members.forms.tickets import ReplyForm, TicketForm
from members.models import Member, Ticket
from members.selectors import tickets as selectors
from members.services import tickets
from members.views.visitors import member_required
from stores.exceptions import Refusal
from stores.services import pictures

PAGE = 20
_ID_MAX = 2**63 - 1


@require_safe
@member_required
def overview(request: HttpRequest, member: Member) -> HttpResponse:
    """The member's tickets, newest first. Goes on from a ticket, never by counting pages."""
    form = _BeforeForm(request.GET)
    if not form.is_valid():
        raise Http404
    rows = selectors.own(member.pk)
    if before := form.cleaned_data["before"]:
        rows = rows.filter(pk__lt=before)
    found = list(rows[: PAGE + 1])
    context = {
        "tab": "me",
        "tickets": found[:PAGE],
        "next_before": found[PAGE - 1].pk if len(found) > PAGE else None,
        "usual_hours": selectors.usual_hours(timezone.now()),
    }
    return render(request, "members/tickets.html", context)


@require_http_methods(["GET", "POST"])
@member_required
def new(request: HttpRequest, member: Member) -> HttpResponse:
    """Ask, complain or suggest, with photos."""
    form = TicketForm(request.POST, request.FILES) if request.method == "POST" else TicketForm()
    if form.is_bound and form.is_valid():
        store = form.cleaned_data["store"]
        try:
            opened = tickets.open_ticket(
                member_id=member.pk,
                kind=form.cleaned_data["kind"],
                subject=form.cleaned_data["subject"],
                words=form.words(),
                at=timezone.now(),
                store_id=store.pk if store else None,
            )
        except Refusal as refusal:
            _add_error(form, refusal)
        else:
            return redirect("members:ticket", opened.ticket.number)
    context = {"tab": "me", "form": form, "usual_hours": selectors.usual_hours(timezone.now())}
    return render(request, "members/ticket_new.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@member_required
def ticket(request: HttpRequest, member: Member, number: str) -> HttpResponse:
    """The thread; a POST adds to it."""
    shown = _own(member, number)
    form = ReplyForm(request.POST, request.FILES) if request.method == "POST" else ReplyForm()
    if form.is_bound and form.is_valid():
        try:
            tickets.reply(member_id=member.pk, number=number, words=form.words(), at=timezone.now())
        except Refusal as refusal:
            _add_error(form, refusal)
        else:
            return redirect("members:ticket", number)
    return _page(request, shown, form=form)


@require_POST
@member_required
def close(request: HttpRequest, member: Member, number: str) -> HttpResponse:
    """The matter is settled."""
    _own(member, number)
    tickets.close(member_id=member.pk, number=number, at=timezone.now())
    return redirect("members:ticket", number)


@require_POST
@member_required
def reopen(request: HttpRequest, member: Member, number: str) -> HttpResponse:
    """It is not settled after all."""
    shown = _own(member, number)
    try:
        tickets.reopen(member_id=member.pk, number=number, at=timezone.now())
    except Refusal as refusal:
        return _page(request, shown, form=ReplyForm(), refused=str(refusal))
    return redirect("members:ticket", number)


@require_safe
@member_required
def photo(request: HttpRequest, member: Member, number: str, photo_id: int) -> HttpResponse:
    """A photo of the member's own ticket; nobody else's browser gets it."""
    found = selectors.photo(_own(member, number), min(photo_id, _ID_MAX), is_staff=False)
    content = pictures.read(found.path) if found else None
    if content is None:
        raise Http404
    return HttpResponse(content, content_type="image/webp")


class _BeforeForm(forms.Form):
    before = forms.IntegerField(required=False, min_value=1, max_value=_ID_MAX)


def _own(member: Member, number: str) -> Ticket:
    try:
        return tickets.own(member.pk, number)
    except TicketUnknown as unknown:
        raise Http404 from unknown


def _page(
    request: HttpRequest, shown: Ticket, *, form: ReplyForm, refused: str = ""
) -> HttpResponse:
    context = {
        "tab": "me",
        "ticket": shown,
        "messages": selectors.thread(shown, is_staff=False),
        "form": form,
        "refused": refused,
        "usual_hours": selectors.usual_hours(timezone.now()),
    }
    status = 422 if form.errors or refused else 200
    return render(request, "members/ticket.html", context, status=status)


def _add_error(form: ReplyForm, refusal: Refusal) -> None:
    field = "photos" if refusal.field == "picture" else refusal.field
    form.add_error(field if field in form.fields and field != "key" else None, str(refusal))
