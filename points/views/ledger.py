"""The member's points in a browser: home, ledger, receipt of an entry, what lapses when."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from members.models import Member
from members.views import member_of, member_required
from points import forms, selectors
from points.models import Entry, Lot
from points.selectors import calendar, gifts, labels, links, statements

PAGE = 20
LOTS_PAGE = 30
_LATEST = 5


@dataclass(slots=True)
class Month:
    """A month's heading, its totals where they are known, and its entries on this page."""

    first: date
    totals: statements.MonthTotals | None
    entries: list[Entry] = field(default_factory=list)


@never_cache
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """A member's balance; a guest's invitation."""
    member = member_of(request)
    if member is None:
        return render(request, "points/guest.html")
    return _home(request)


@member_required
def _home(request: HttpRequest, member: Member) -> HttpResponse:
    now = timezone.now()
    balance = selectors.balance(member.pk, now)
    context = {
        "tab": "home",
        "member": member,
        "balance": balance,
        "expiring": balance.expiring + calendar.ending_by_order(member.pk, now),
        "worth": balance.value_in_yuan(selectors.ledger_settings()),
        "entries": _rows(member)[:_LATEST],
    }
    return render(request, "points/home.html", context)


@require_safe
@member_required
def entries(request: HttpRequest, member: Member) -> HttpResponse:
    """The ledger by month, newest first. Goes on from an entry, never by counting pages."""
    form = forms.EntriesForm(request.GET)
    if not form.is_valid():
        raise Http404
    show, before = form.cleaned_data["show"], form.cleaned_data["before"]
    rows = _rows(member)
    if show:
        rows = rows.filter(kind__in=forms.SEGMENTS[show])
    if before:
        rows = rows.filter(seq__lt=before)
    found = list(rows[: PAGE + 1])
    page = found[:PAGE]
    context = {
        "tab": "entries",
        "balance": selectors.balance(member.pk, timezone.now()),
        "segments": forms.SEGMENT_NAMES,
        "show": show,
        "months": _by_month(member, page),
        "next_before": page[-1].seq if len(found) > PAGE else None,
        "is_first_page": not before,
    }
    return render(request, "points/entries.html", context)


@require_safe
@member_required
def entry(request: HttpRequest, member: Member, entry_id: int) -> HttpResponse:
    """The receipt of one entry: what moved, why, through which lots, and what answers what."""
    return entry_page(request, member, entry_id)


def entry_page(
    request: HttpRequest, member: Member, entry_id: int, *, refused: str = ""
) -> HttpResponse:
    """The same page with the reason why the entry could not be disputed."""
    rows = _rows(member).select_related("store", "relates_to", "account")
    shown = get_object_or_404(rows, pk=entry_id)
    context = {
        "tab": "entries",
        "entry": shown,
        "source": labels.source(shown.source),
        "words": gifts.words_of(shown),
        "lots": selectors.first(selectors.granted(shown)),
        "uses": selectors.first(selectors.uses(shown)),
        "expired_lots": selectors.first(shown.expired_lots.order_by("expires_at", "pk")),
        "links": links.of(shown),
        "answers": selectors.first(shown.answers.order_by("seq")),
        "dispute_refused": refused,
    }
    return render(request, "points/entry.html", context, status=422 if refused else 200)


@require_safe
@member_required
def held(request: HttpRequest, member: Member) -> HttpResponse:
    """What is set aside for orders that are not finished: for which, and until when."""
    now = timezone.now()
    context = {
        "tab": "home",
        "balance": selectors.balance(member.pk, now),
        "holds": selectors.first(selectors.active_holds(member.pk, now)),
    }
    return render(request, "points/held.html", context)


@require_safe
@member_required
def lots(request: HttpRequest, member: Member) -> HttpResponse:
    """What lapses when: the lots in the order in which they are used (F70)."""
    form = forms.LotsForm(request.GET)
    if not form.is_valid():
        raise Http404
    now = timezone.now()
    page = form.cleaned_data["page"] or 1
    start = (page - 1) * LOTS_PAGE
    found = list(selectors.lots(member.pk, now)[start : start + LOTS_PAGE + 1])
    context = {
        "tab": "home",
        "balance": selectors.balance(member.pk, now),
        "periods": _by_period(found[:LOTS_PAGE], today=timezone.localdate(now)),
        "next_page": page + 1 if len(found) > LOTS_PAGE else None,
        "is_first_page": page == 1,
    }
    return render(request, "points/lots.html", context)


@require_safe
@member_required
def expiring(request: HttpRequest, member: Member) -> HttpResponse:
    """The next twelve months: what ends when, lot by lot (F70)."""
    now = timezone.now()
    context = {
        "tab": "home",
        "balance": selectors.balance(member.pk, now),
        "calendar": calendar.calendar(member.pk, now),
    }
    return render(request, "points/expiring.html", context)


def _rows(member: Member) -> statements.EntryRows:
    return selectors.with_validity(selectors.entries(member.pk))


def _by_month(member: Member, page: Sequence[Entry]) -> list[Month]:
    """The page's entries under their months. A month's totals stand where it first appears."""

    def first_of_month(row: Entry) -> date:
        return timezone.localdate(row.occurred_at).replace(day=1)

    months = sorted({first_of_month(row) for row in page})
    totals = statements.month_totals(member.pk, months=months)
    return [
        Month(first=first, totals=totals.pop(first, None), entries=list(rows))
        for first, rows in groupby(page, key=first_of_month)
    ]


def _by_period(found: Sequence[Lot], *, today: date) -> list[tuple[int | None, list[Lot]]]:
    """Lots under 7, 30, 90 days, and later (None)."""

    def period(lot: Lot) -> int | None:
        left = (statements.last_day(lot.expires_at) - today).days
        return next((days for days in (7, 30, 90) if left <= days), None)

    return [(days, list(rows)) for days, rows in groupby(found, key=period)]
