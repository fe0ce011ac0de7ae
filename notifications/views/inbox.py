"""The inbox: what the member was told, and whether they have seen it."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from members.models import Member
from members.views.visitors import member_required
from notifications.exceptions import NoticeUnknown
from notifications.forms.inbox import InboxForm, ReadAllForm
from notifications.models import Notice
from notifications.selectors import announcements, inbox
from notifications.services import reading

PAGE = 20
_ID_MAX = 2**63 - 1
# What is not longer stands in the list as a whole, on a phone too: its page would say no more.
_SHORT = 48


@require_safe
@member_required
def overview(request: HttpRequest, member: Member) -> HttpResponse:
    """The newest first, by tab. Goes on from a notice, never by counting pages."""
    form = InboxForm(request.GET)
    if not form.is_valid():
        raise Http404
    show = form.cleaned_data["tab"]
    try:
        page = inbox.page(member.pk, group=show, before=form.cleaned_data["before"], size=PAGE)
    except NoticeUnknown as unknown:
        raise Http404 from unknown
    unread = inbox.unread_by_group(member.pk)
    context = {
        "tab": "me",
        "show": show,
        "tabs": [("", sum(unread.values())), *unread.items()],
        "unread": sum(unread.values()),
        "unread_here": unread[show] if show else sum(unread.values()),
        "notices": page.rows,
        "newest": max((notice.pk for notice in page.rows), default=None),
        "next_before": page.next_before,
    }
    return render(request, "notifications/inbox.html", context)


@require_safe
@member_required
def notice(request: HttpRequest, member: Member, notice_id: int) -> HttpResponse:
    """Open one: it is read from now on. A short one leads straight to what it is about."""
    try:
        found = inbox.own(member.pk, min(notice_id, _ID_MAX))
    except NoticeUnknown as unknown:
        raise Http404 from unknown
    if found.read_at is None and request.method == "GET":
        reading.read(member_id=member.pk, ids=[found.pk], at=timezone.now())
    if (link := _own_page(found)) and len(found.body) <= _SHORT:
        return redirect(link)
    return render(
        request, "notifications/notice.html", {"tab": "me", "notice": found, "link": link}
    )


@require_safe
def announcement(request: HttpRequest, announcement_id: int) -> HttpResponse:
    """An announcement to everybody, which a guest may read as well."""
    found = announcements.public(min(announcement_id, _ID_MAX), timezone.now())
    if found is None:
        raise Http404
    return render(
        request, "notifications/announcement.html", {"tab": "home", "announcement": found}
    )


@require_POST
@member_required
def read_all(request: HttpRequest, member: Member) -> HttpResponse:
    """All that was on the page, or could have been found below it, is read."""
    form = ReadAllForm(request.POST)
    if not form.is_valid():
        raise Http404
    tab = form.cleaned_data["tab"]
    reading.read_all(
        member_id=member.pk, group=tab, newest=form.cleaned_data["newest"], at=timezone.now()
    )
    address = reverse("notifications:inbox")
    return redirect(f"{address}?tab={tab}" if tab else address)


def _own_page(found: Notice) -> str:
    """The link of a notice where it leads to a page of ours; whoever wrote it."""
    is_ours = url_has_allowed_host_and_scheme(found.link, allowed_hosts=None)
    return found.link if is_ours and found.link.startswith("/") else ""
