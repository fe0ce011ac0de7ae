"""The list of refused rows as a file that people open in a spreadsheet."""

from collections.abc import Iterator
from typing import TextIO

from django.utils.translation import gettext as _

from members import policies
from sales.exceptions import MESSAGES
from sales.models import ImportIssue, ImportRun
from stores.exceptions import FILE_MESSAGES
from stores.policies import spreadsheets


def sentence(issue: ImportIssue, *, is_masked: bool = False) -> str:
    """Why the row was refused, in the active language; phone numbers masked if asked."""
    text = _sentence(issue)
    return policies.mask_phones_in(text) if is_masked else text


def _sentence(issue: ImportIssue) -> str:
    message = MESSAGES.get(issue.code) or FILE_MESSAGES.get(issue.code) or issue.code
    try:
        return str(message) % issue.params if issue.params else str(message)
    except KeyError:
        return str(message)


def rows(run: ImportRun, *, is_masked: bool = False) -> Iterator[list[str]]:
    """The report's rows, header first; phone numbers masked if asked."""
    yield [_("Row"), _("Receipt number"), _("Column"), _("Code"), _("Reason")]
    listed = 0
    for issue in run.issues.order_by("row", "pk").iterator(chunk_size=2000):
        listed += 1
        reason = sentence(issue, is_masked=is_masked)
        yield [str(issue.row), issue.number, issue.column, issue.code, reason]
    if run.rows_refused > listed:
        text = _("%(count)s more refused rows are not listed.")
        yield ["", "", "", "", text % {"count": run.rows_refused - listed}]


def write(*, run: ImportRun, stream: TextIO) -> None:
    """Write the report as CSV."""
    stream.writelines(spreadsheets.line(row) for row in rows(run))


def lines(run: ImportRun, *, is_masked: bool = False) -> Iterator[str]:
    """The report as CSV, piece by piece, with the mark by which spreadsheets know UTF-8."""
    yield from spreadsheets.lines(rows(run, is_masked=is_masked))
