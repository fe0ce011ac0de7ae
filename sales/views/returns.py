"""A member's returns, and the slip of each: 退货积分单."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from members.models import Member
from members.views import member_required
from sales.selectors import slips

PAGE = 20


@require_safe
@member_required
def returns(request: HttpRequest, member: Member) -> HttpResponse:
    """The member's settled returns, newest first. Goes on from a return, never by counting."""
    before = request.GET.get("before", "")
    if before and not (before.isascii() and before.isdigit() and len(before) <= 18):
        raise Http404
    rows = slips.returns_of(member.pk)
    if before:
        last = get_object_or_404(rows, pk=int(before))
        rows = slips.before(rows, last)
    found = list(rows[: PAGE + 1])
    context = {
        "tab": "me",
        "returns": found[:PAGE],
        "next_before": found[PAGE - 1].pk if len(found) > PAGE else None,
    }
    return render(request, "sales/returns.html", context)


@require_safe
@member_required
def slip(request: HttpRequest, member: Member, receipt_id: int) -> HttpResponse:
    """What came back, what went off, and the one line that is left of it."""
    receipt = get_object_or_404(slips.returns_of(member.pk), pk=receipt_id)
    context = {"tab": "me", "slip": slips.slip_of(receipt), "receipt": receipt}
    return render(request, "sales/slip.html", context)
