"""Files of receipts that staff hand in: kept, queued, and worked off by whoever runs the jobs."""

import hashlib
import shutil
import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.files import File
from django.db.models import Q
from django.db.models.functions import Coalesce

from campaigns.selectors import rules
from sales.models import ImportRun
from sales.models.import_run import SILENCE
from sales.services import imports, mapping
from stores.exceptions import FileRefused
from stores.models import Store

MAX_BYTES = 200 * 2**20


def enqueue(
    *,
    store: Store,
    upload: "File[Any]",
    name: str,
    mapping_text: str,
    create_members: bool,
    is_dry_run: bool,
    actor: str,
    now: datetime,
) -> ImportRun:
    """Keep the file and queue its import. Raises `FileRefused`; reads no row yet."""
    mapping.load(mapping_text)
    if not len(rules.timetable()):
        raise FileRefused("no_rule")
    if upload.size > MAX_BYTES:
        raise FileRefused("upload_too_large", limit=f"{MAX_BYTES // 2**20} MB")
    digest = hashlib.sha256()
    for chunk in upload.chunks():
        digest.update(chunk)
    return ImportRun.objects.create(
        store=store,
        file=File(upload, name=f"{digest.hexdigest()[:16]}{_suffix(name)}"),
        file_name=name[:255],
        sha256=digest.hexdigest(),
        mapping=mapping_text,
        create_members=create_members,
        is_dry_run=is_dry_run,
        actor=actor,
        started_at=now,
        heartbeat_at=now,
    )


def work(*, run: ImportRun, now: datetime) -> ImportRun:
    """Work off a queued import to its end. Raises as `imports.work` does."""
    with tempfile.TemporaryDirectory(prefix="judian-upload-") as folder:
        # The storage need not be a disk of this machine.
        path = Path(folder) / "upload"
        with run.file.open("rb") as kept, path.open("wb") as copy:
            shutil.copyfileobj(kept, copy)
        return imports.work(run=run, path=path, now=now)


def stale(*, now: datetime) -> list[int]:
    """Queued or begun imports that nobody has worked on for a while: their worker is gone."""
    rows = ImportRun.objects.filter(
        ~Q(file=""), state__in=ImportRun.OPEN_STATES, heartbeat_at__lt=now - SILENCE
    )
    return list(rows.order_by("pk").values_list("pk", flat=True))


def forget(*, before: datetime, progress: Callable[[int], None] = lambda deleted: None) -> int:
    """Delete the uploaded files of imports that ended before this instant; returns how many.

    They carry phone numbers. The runs and the reports of their refused rows stay. A file that
    cannot be deleted does not keep the others: what went wrong is raised together at the end,
    and the next time it is tried again.
    """
    ended = Coalesce("finished_at", "heartbeat_at")
    rows = ImportRun.objects.annotate(ended_at=ended).filter(~Q(file=""), ended_at__lt=before)
    deleted, faults = 0, []
    for run in rows.exclude(state__in=ImportRun.OPEN_STATES).order_by("pk").iterator():
        try:
            # The file first: killed in between, the next time finds the row and no file, which
            # is no fault. The other way round the file would stay for ever.
            run.file.delete(save=False)
        except OSError as fault:
            faults.append(fault)
            continue
        ImportRun.objects.filter(pk=run.pk).update(file="")
        deleted += 1
        progress(deleted)
    if faults:
        raise ExceptionGroup("uploaded files could not be deleted", faults)
    return deleted


def _suffix(name: str) -> str:
    """The ending that tells the kind of file; the rest of a foreign name is not trusted."""
    lower = name.lower()
    known: Callable[[str], bool] = lower.endswith
    return next((ending for ending in (".csv.gz", ".csv", ".xlsx") if known(ending)), ".dat")
