"""「有疑问」 on an entry's page."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from members.forms.tickets import read_photos
from members.models import Member
from members.views import member_required
from points.exceptions import EntryUnknown
from points.services import disputes
from points.views import ledger
from stores.exceptions import Refusal

_ID_MAX = 2**63 - 1


@require_POST
@member_required
def open_dispute(request: HttpRequest, member: Member, entry_id: int) -> HttpResponse:
    """Open the dispute of this entry, or lead to the one that is there."""
    try:
        opened = disputes.open_dispute(
            member_id=member.pk,
            entry_id=min(entry_id, _ID_MAX),
            text=request.POST.get("text", ""),
            photos=read_photos(request.FILES),
            at=timezone.now(),
        )
    except EntryUnknown as unknown:
        raise Http404 from unknown
    except Refusal as refusal:
        return ledger.entry_page(request, member, entry_id, refused=str(refusal))
    return redirect("members:ticket", opened.ticket.number)
