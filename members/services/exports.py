"""A copy of all that we know about a member, as JSON or as a zip of CSV files."""

import csv
import io
import json
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import IO, Any
from zoneinfo import ZoneInfo

from django.utils.timezone import localtime

from members import exceptions
from members.models import CodeAllowance, Member
from members.selectors import personal_data
from members.selectors.personal_data import Cell, Section
from members.services import access
from stores.policies import spreadsheets

COPIES_PER_DAY = 5
_SHANGHAI = ZoneInfo("Asia/Shanghai")


def allow_own(*, member: Member, at: datetime) -> None:
    """Count one of the five copies a day that a member may take; raises `ExportsExhausted`.

    A row in the database, exact in any burst. The access is noted.
    """
    day = at.astimezone(_SHANGHAI).date().toordinal()
    if not CodeAllowance.objects.take(
        scope=CodeAllowance.Scope.EXPORT,
        key=str(member.pk),
        window=day,
        limit=COPIES_PER_DAY,
        at=at,
    ):
        raise exceptions.ExportsExhausted(limit=COPIES_PER_DAY)
    access.note(member_id=member.pk, actor=access.MEMBER, what="export", at=at)


def as_json(*, member: Member, at: datetime) -> Iterator[str]:
    """The copy as JSON, piece by piece: an object of sections, each a list of objects."""
    ids = personal_data.ids_of(member)
    head = {"format": 1, "member": member.number, "exported_at": localtime(at).isoformat()}
    yield json.dumps(head, ensure_ascii=False)[:-1] + ', "sections": {'
    for place, section in enumerate(personal_data.sections()):
        yield f"{', ' if place else ''}{json.dumps(section.name)}: ["
        for number, row in enumerate(section.rows(ids, at)):
            values = dict(zip(section.columns, map(_plain, row), strict=True))
            yield (",\n" if number else "\n") + json.dumps(values, ensure_ascii=False)
        yield "]"
    yield "}}\n"


def as_zip(*, member: Member, at: datetime) -> IO[bytes]:
    """The copy as a zip with one CSV per section, in a temporary file ready to be read.

    UTF-8 with the mark by which spreadsheets know it; no cell begins as a formula does. It is
    written to disk as it is read: memory does not grow with the ledger.
    """
    ids = personal_data.ids_of(member)
    target = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for section in personal_data.sections():
            with archive.open(f"{section.name}.csv", "w", force_zip64=True) as file:
                for line in _csv_lines(section, ids, at):
                    file.write(line.encode())
    target.seek(0)
    return target


def _csv_lines(section: Section, ids: Sequence[int], at: datetime) -> Iterator[str]:
    yield spreadsheets.BOM + _line(section.columns)
    for row in section.rows(ids, at):
        yield _line([_text(cell) for cell in row])


def _line(cells: Sequence[str]) -> str:
    stream = io.StringIO()
    csv.writer(stream).writerow(cells)
    return stream.getvalue()


def _plain(cell: Cell) -> Any:
    if isinstance(cell, datetime):
        return localtime(cell).isoformat()
    if isinstance(cell, Decimal | date):
        return str(cell)
    return cell


def _text(cell: Cell) -> str:
    """As a text that no spreadsheet takes for a formula; numbers stay numbers."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "1" if cell else "0"
    if isinstance(cell, int | Decimal):
        return str(cell)
    return spreadsheets.inert(str(_plain(cell)))
