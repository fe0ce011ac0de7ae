"""The copy of a member's data as an answer to a browser or program, the same at every door."""

from datetime import datetime
from typing import cast

from django.http import FileResponse, HttpResponse, StreamingHttpResponse
from django.utils.timezone import localdate

from members.models import Member
from members.services import exports


def download(member: Member, *, is_zip: bool, at: datetime) -> HttpResponse:
    """A file that is sent while it is read, and that no cache may keep."""
    name = f"{member.number}-{localdate(at):%Y%m%d}"
    answer: FileResponse | StreamingHttpResponse
    if is_zip:
        copy = exports.as_zip(member=member, at=at)
        answer = FileResponse(copy, as_attachment=True, filename=f"{name}.zip")
    else:
        pieces = exports.as_json(member=member, at=at)
        answer = StreamingHttpResponse(pieces, content_type="application/json; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="{name}.json"'
    answer["Cache-Control"] = "private, no-store"
    return cast("HttpResponse", answer)  # streamed: the same for every decorator and door
