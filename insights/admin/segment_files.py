"""Files of segments: lists of members that come in, and members that go out."""

import csv
import io
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from members import policies
from members.exceptions import SegmentListUnreadable
from members.models import Segment
from members.selectors import segments as listing
from members.selectors.segments import Listed
from members.services import access
from stores.policies import spreadsheets

_FILE_BYTES_MAX = 5 * 1024 * 1024
_NOTED_AT_ONCE = 500


def rows(data: dict[str, Any]) -> Iterator[tuple[int, str]]:
    """The first cell of every line that has one; a heading names nobody and is told as that."""
    text = data.get("lines") or ""
    if upload := data.get("file"):
        text = _decoded(upload)
    for number, cells in enumerate(csv.reader(io.StringIO(text)), start=1):
        if cells and cells[0].strip():
            yield number, cells[0].strip()


def _decoded(upload: Any) -> str:
    if upload.size > _FILE_BYTES_MAX:
        raise SegmentListUnreadable
    raw = upload.read()
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text: str = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise SegmentListUnreadable


def phone_of(row: Listed, request: HttpRequest) -> str:
    if not row.phone:
        return ""
    is_permitted = request.user.has_perm("members.view_phone")
    return policies.national_phone(row.phone) if is_permitted else policies.mask_phone(row.phone)


def csv_lines(segment: Segment, request: HttpRequest) -> Iterator[str]:
    heads = [_("member number"), _("external number"), _("Name"), _("phone")]
    yield spreadsheets.BOM + spreadsheets.line(heads)
    actor = f"staff:{request.user.pk}"
    for row in noted(listing.all_of(segment.pk), actor=actor, at=timezone.now()):
        yield spreadsheets.line(
            [row.number, row.external_number or "", row.name, phone_of(row, request)]
        )


def noted(rows: Iterator[Listed], *, actor: str, at: datetime) -> Iterator[Listed]:
    """The rows as they are; who is in them finds in the log that somebody took the list."""
    while page := list(islice(rows, _NOTED_AT_ONCE)):
        access.note_many(member_ids=[row.id for row in page], actor=actor, what="list", at=at)
        yield from page
