"""Files of members that staff hand in: kept, queued, and worked off by whoever runs the jobs."""

import hashlib
import shutil
import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.files import File
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Coalesce

from points.exceptions import NotRehearsed
from points.models import OpeningImport, OpeningIssue
from points.models.opening import SILENCE
from points.services.openings import runs
from stores.exceptions import FileRefused
from stores.models import Store

MAX_BYTES = 200 * 2**20


def enqueue(
    *,
    upload: "File[Any]",
    name: str,
    store: Store | None,
    are_new: bool,
    is_dry_run: bool,
    actor: str,
    now: datetime,
) -> OpeningImport:
    """Keep the file and queue its import. Raises `FileRefused`; reads no row yet."""
    if upload.size > MAX_BYTES:
        raise FileRefused("upload_too_large", limit=f"{MAX_BYTES // 2**20} MB")
    digest = hashlib.sha256()
    for chunk in upload.chunks():
        digest.update(chunk)
    return OpeningImport.objects.create(
        file=File(upload, name=f"{digest.hexdigest()[:16]}{_suffix(name)}"),
        file_name=name[:255],
        sha256=digest.hexdigest(),
        store=store,
        are_new=are_new,
        is_dry_run=is_dry_run,
        actor=actor,
        started_at=now,
        heartbeat_at=now,
    )


def perform(*, rehearsal_id: int, actor: str, now: datetime) -> OpeningImport:
    """Queue the import for real of a file whose dry run is done, with the same terms.

    Once per dry run: again, it answers with the first. Locks the dry run's row. Raises
    `NotRehearsed`.
    """
    with transaction.atomic():
        rehearsal = OpeningImport.objects.select_for_update(no_key=True).get(pk=rehearsal_id)
        before = OpeningImport.objects.filter(rehearsal=rehearsal).first()
        if before is not None:
            return before
        if not is_rehearsed(rehearsal):
            raise NotRehearsed
        with rehearsal.file.open("rb") as kept:
            return OpeningImport.objects.create(
                file=File(kept, name=Path(str(rehearsal.file.name)).name),
                file_name=rehearsal.file_name,
                sha256=rehearsal.sha256,
                store_id=rehearsal.store_id,
                are_new=rehearsal.are_new,
                is_dry_run=False,
                rehearsal=rehearsal,
                actor=actor,
                started_at=now,
                heartbeat_at=now,
            )


def is_rehearsed(run: OpeningImport) -> bool:
    """Whether this is a dry run that can be followed by the import for real."""
    return run.is_dry_run and run.state == OpeningImport.State.DONE and bool(run.file)


def work(*, run: OpeningImport, now: datetime) -> OpeningImport:
    """Work off a queued import to its end. Raises as `runs.work` does."""
    with tempfile.TemporaryDirectory(prefix="judian-upload-") as folder:
        # The storage need not be a disk of this machine.
        path = Path(folder) / "upload"
        with run.file.open("rb") as kept, path.open("wb") as copy:
            shutil.copyfileobj(kept, copy)
        return runs.work(run=run, path=path, now=now)


def stale(*, now: datetime) -> list[int]:
    """Queued or begun imports that nobody has worked on for a while: their worker is gone."""
    rows = OpeningImport.objects.filter(
        ~Q(file=""), state__in=OpeningImport.OPEN_STATES, heartbeat_at__lt=now - SILENCE
    )
    return list(rows.order_by("pk").values_list("pk", flat=True))


def forget(
    *, before: datetime | None = None, progress: Callable[[int], None] = lambda deleted: None
) -> int:
    """Delete the uploaded files of imports that ended before this instant (None: of all that
    ended); returns how many.

    They carry phone numbers. The runs and the reports of their refused rows, which name nobody,
    stay. A file that cannot be deleted does not keep the others: what went wrong is raised
    together at the end, and the next time it is tried again.
    """
    rows = OpeningImport.objects.filter(~Q(file="")).exclude(state__in=OpeningImport.OPEN_STATES)
    if before is not None:
        ended = Coalesce("finished_at", "heartbeat_at")
        rows = rows.annotate(ended_at=ended).filter(ended_at__lt=before)
    deleted, faults = 0, []
    for run in rows.order_by("pk").iterator():
        try:
            # The file first: killed in between, the next time finds the row and no file, which
            # is no fault. The other way round the file would stay for ever.
            run.file.delete(save=False)
        except OSError as fault:
            faults.append(fault)
            continue
        OpeningImport.objects.filter(pk=run.pk).update(file="")
        deleted += 1
        progress(deleted)
    if faults:
        raise ExceptionGroup("uploaded files could not be deleted", faults)
    return deleted


def forget_issues(*, before: datetime, limit: int) -> int:
    """Delete up to `limit` refused rows of imports that began before this instant."""
    old = OpeningIssue.objects.filter(run__started_at__lt=before).order_by("pk")
    ids = list(old.values_list("pk", flat=True)[:limit])
    return OpeningIssue.objects.filter(pk__in=ids).delete()[0]


def _suffix(name: str) -> str:
    """The ending that tells the kind of file; the rest of a foreign name is not trusted."""
    lower = name.lower()
    known: Callable[[str], bool] = lower.endswith
    return next((ending for ending in (".csv.gz", ".csv", ".xlsx") if known(ending)), ".dat")
