"""The list of refused rows as a file that people open in a spreadsheet, and empty templates."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from points.exceptions import OPENING_MESSAGES
from points.models import OpeningImport, OpeningIssue
from points.services.openings import columns
from stores.policies import spreadsheets


def sentence(issue: OpeningIssue) -> str:
    """Why the row was refused, in the active language."""
    message = str(OPENING_MESSAGES.get(issue.code, issue.code))
    try:
        return message % issue.params if issue.params else message
    except KeyError:
        return message


def rows(run: OpeningImport) -> Iterator[list[str]]:
    """The report's rows, header first."""
    yield [_("Row"), _("Column"), _("Value"), _("Code"), _("Reason")]
    listed: set[int] = set()
    for issue in run.issues.order_by("row", "pk").iterator(chunk_size=2000):
        listed.add(issue.row)
        yield [str(issue.row), issue.column, issue.value, issue.code, sentence(issue)]
    if run.rows_refused > len(listed):
        text = _("%(count)s more refused rows are not listed.")
        yield ["", "", "", "", text % {"count": run.rows_refused - len(listed)}]


def lines(run: OpeningImport) -> Iterator[str]:
    """The report as CSV, piece by piece, with the mark by which spreadsheets know UTF-8."""
    yield from spreadsheets.lines(rows(run))


def template(language: str) -> str:
    """An empty file to fill in, in Chinese or English."""
    return "".join(spreadsheets.lines([columns.template(language)]))
