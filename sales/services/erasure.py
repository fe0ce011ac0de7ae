"""What imports keep of somebody who left: the rows that they refused, and the files themselves."""

from datetime import datetime

from django.db import transaction

from members import policies
from members.policies.traces import Traces
from sales.models import ImportIssue, ImportRun

_GONE = "…"


def forget(*, traces: Traces) -> None:
    """Take a person's numbers out of refused rows, and delete the files that may hold them.

    Files are not searched: they are of any format, and were kept only to look into faults. All
    of finished imports go, when the transaction commits; the runs and their reports stay.
    """
    if not traces.texts:
        return
    touched = []
    for issue in ImportIssue.objects.filter(params__has_key="member").iterator(chunk_size=2000):
        if _names(str(issue.params["member"]), traces):
            issue.params["member"] = _GONE
            touched.append(issue)
    ImportIssue.objects.bulk_update(touched, ["params"], batch_size=500)
    transaction.on_commit(_delete_files)


def forget_old(*, before: datetime, limit: int) -> int:
    """Delete up to `limit` refused rows of imports that began before this instant."""
    old = ImportIssue.objects.filter(run__started_at__lt=before).order_by("pk")
    ids = list(old.values_list("pk", flat=True)[:limit])
    return ImportIssue.objects.filter(pk__in=ids).delete()[0]


def _names(value: str, traces: Traces) -> bool:
    phone = policies.normalise_phone(value)
    return (
        (phone is not None and phone in traces.phones)
        or value.strip() in traces.external_numbers
        or traces.is_in(value)
    )


def _delete_files() -> None:
    ended = ImportRun.objects.exclude(file="").exclude(state__in=ImportRun.OPEN_STATES)
    for run in ended.order_by("pk").iterator():
        run.file.delete(save=False)
        ImportRun.objects.filter(pk=run.pk).update(file="")
