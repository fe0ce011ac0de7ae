"""The import of one file: read, put in order, taken in window by window, resumable at each."""

import hashlib
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import IntegrityError, reset_queries, transaction
from django.db.models import F

from points.exceptions import OpeningTakenOver
from points.models import OpeningImport, OpeningIssue
from points.services.openings import columns, lots
from points.services.openings.lots import Booking, Figures, Outcome, Terms
from points.services.openings.rows import Fault, Reader, RowFaultsError
from points.services.openings.spool import Issue, Person, Spool
from stores.exceptions import FileRefused, Refusal
from stores.models import Store
from stores.services.tables import Row, Table

WINDOW_PERSONS = 500
WINDOW_ROWS = 2000
# The rest is counted, not listed: a file with a wrong column has as many faults as rows.
MAX_ISSUES = 100_000
_ISSUES_AT_ONCE = 1000

_HEARTBEAT_SECONDS = 2.0
_TELL_EVERY_ROWS = 5000
_ATTEMPTS = 5


class Progress(NamedTuple):
    """How far an import is: in bytes while it reads, in rows while it posts."""

    phase: str
    done: int
    total: int


Observer = Callable[[Progress], None]


def sha256_of(path: Path) -> str:
    """The hash that recognises a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def start(
    *,
    path: Path,
    name: str,
    store: Store | None,
    are_new: bool,
    is_dry_run: bool,
    actor: str,
    now: datetime,
) -> OpeningImport:
    """The run to take this file in with: the unfinished one of the same file, or a new one."""
    same: dict[str, Any] = {
        "sha256": sha256_of(path),
        "store": store,
        "are_new": are_new,
        "is_dry_run": is_dry_run,
    }
    resumable = [*OpeningImport.OPEN_STATES, OpeningImport.State.FAILED]
    unfinished = OpeningImport.objects.filter(**same, state__in=resumable).order_by("-pk").first()
    if unfinished is not None and not is_dry_run:
        return unfinished
    return OpeningImport.objects.create(
        **same, file_name=name[:255], actor=actor, started_at=now, heartbeat_at=now
    )


def work(
    *, run: OpeningImport, path: Path, now: datetime, observe: Observer = lambda progress: None
) -> OpeningImport:
    """Take in the file at `path`, from where `run` stands to the end.

    Bounded memory. Each window of persons is one transaction that also moves the cursor, so a
    killed import goes on without a gap, and two processes on one run cannot both go on. A dry
    run takes every window in and rolls it back; killed, it begins anew. Raises `FileRefused`
    when the file cannot be read as a whole (then nothing of it lands) and `OpeningTakenOver`.
    """
    worker = _Worker(run, now, observe)
    try:
        worker.work(path)
    except FileRefused as refusal:
        worker.end(OpeningImport.State.REFUSED, str(refusal)[:300])
        raise
    except OpeningTakenOver:
        raise
    except Exception as error:
        worker.end(OpeningImport.State.FAILED, type(error).__name__)
        raise
    worker.end(OpeningImport.State.DONE)
    return run


class _Worker:
    def __init__(self, run: OpeningImport, now: datetime, observe: Observer) -> None:
        self.run = run
        self.now = now
        self.observe = observe
        self.stores = dict(Store.objects.values_list("code", "pk"))
        self.terms = _terms(run, now, self.stores)
        self._clock = self._told = time.monotonic()

    def work(self, path: Path) -> None:
        if sha256_of(path) != self.run.sha256:
            raise FileRefused("file_changed")
        self._take_over()
        with tempfile.TemporaryDirectory(prefix="judian-opening-") as folder:
            spool = Spool(Path(folder) / "rows.sqlite3")
            try:
                reader = self._read(path, spool)
                self._post(spool, reader)
            finally:
                spool.close()

    def end(self, state: OpeningImport.State, refusal: str = "") -> None:
        self.run.state = state
        self.run.refusal = refusal
        self.run.finished_at = self.now + self._elapsed
        self._save("state", "refusal", "finished_at")

    def _take_over(self) -> None:
        self.run.state = OpeningImport.State.READING
        self.run.finished_at = None
        if self.run.is_dry_run and self.run.rows_total is not None:
            # What it would have booked so far is not written down anywhere.
            self._begin_anew()
        self._save("state", "finished_at")

    def _begin_anew(self) -> None:
        with transaction.atomic():
            self.run.issues.all().delete()
            for name in ("cursor", *COUNTS):
                setattr(self.run, name, 0)
            self.run.rows_total = None
            self._save("cursor", "rows_total", *COUNTS)

    def _read(self, path: Path, spool: Spool) -> Reader:
        table = Table(path=path, name=self.run.file_name)
        try:
            places, self.run.unused_columns = columns.found(table.header)
            codes = frozenset(self.stores)
            reader = Reader(places, table.header, today=self.terms.today, stores=codes)
            for count, row in enumerate(table, start=1):
                _spool_row(spool, reader, row)
                if count % _TELL_EVERY_ROWS == 0:
                    self._tell(Progress("reading", table.position, table.size), rows_read=count)
            self.observe(Progress("reading", table.size, table.size))
        finally:
            table.close()
        spool.arrange()
        return reader

    def _post(self, spool: Spool, reader: Reader) -> None:
        good, bad = spool.counts()
        if self.run.rows_total is None:
            self._open_posting(spool, reader, good=good, bad=bad)
        self.run.state = OpeningImport.State.POSTING
        self._save("state")
        for window in _windows(spool.persons(after=self.run.cursor)):
            self._take(window, spool, reader)
            # With DEBUG, Django keeps the text of every statement.
            reset_queries()
            self._tell(Progress("posting", self.run.rows_done, good))
        self.observe(Progress("posting", good, good))

    def _open_posting(self, spool: Spool, reader: Reader, *, good: int, bad: int) -> None:
        """Write down what reading found, once: a resumed run finds it there."""
        with transaction.atomic():
            self.run.rows_total = good
            self.run.rows_read = good + bad
            self.run.rows_refused = bad
            self._save("rows_total", "rows_read", "rows_refused", "unused_columns")
            rows = (self._issue(issue, reader) for issue in spool.issues(MAX_ISSUES))
            # `bulk_create` makes a list of all that it is given.
            while batch := list(islice(rows, _ISSUES_AT_ONCE)):
                OpeningIssue.objects.bulk_create(batch)

    def _take(self, window: Sequence[Person], spool: Spool, reader: Reader) -> None:
        with transaction.atomic():
            outcome = self._taken(window, spool)
            for booking in outcome.bookings if self.run.is_dry_run else ():
                figures = "|".join(str(part) for part in booking.figures)
                spool.preview(booking.member_id, booking.reference, figures)
            OpeningIssue.objects.bulk_create(self._issue(issue, reader) for issue in outcome.issues)
            self._advance(window, outcome.tally)

    def _taken(self, window: Sequence[Person], spool: Spool) -> Outcome:
        """The window at once; person by person when the ledger refuses something within it."""
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                with transaction.atomic():
                    outcome = lots.take(window, self.terms, previewed=_preview_of(spool))
                    transaction.set_rollback(self.run.is_dry_run)
            except IntegrityError:
                # Somebody registered at this moment; next time they are found.
                if attempt == _ATTEMPTS:
                    raise
            except Refusal as refusal:
                return self._one_by_one(window, spool, refusal)
            else:
                return outcome
        raise AssertionError("unreachable")

    def _one_by_one(self, window: Sequence[Person], spool: Spool, refusal: Refusal) -> Outcome:
        outcome = Outcome()
        if len(window) == 1:
            fault = Fault("ledger_refused", params={"reason": str(refusal)})
            outcome.refuse(window[0].rows, fault)
            return outcome
        for person in window:
            one = self._taken([person], spool)
            outcome.tally += one.tally
            outcome.issues += one.issues
            outcome.bookings += one.bookings
        return outcome

    def _issue(self, issue: Issue, reader: Reader) -> OpeningIssue:
        fault = issue.fault
        return OpeningIssue(
            run=self.run,
            row=issue.row,
            column=reader.column(fault.field)[:64],
            value=fault.value,
            code=fault.code,
            params={name: str(value) for name, value in fault.params.items()},
        )

    def _advance(self, window: Sequence[Person], tally: Counter[str]) -> None:
        """Move the cursor and the counts, or find out that another process has done so."""
        rows = sum(len(person.rows) for person in window)
        moved = {"rows_done": rows} | tally
        changed = OpeningImport.objects.filter(pk=self.run.pk, cursor=self.run.cursor).update(
            cursor=window[-1].first,
            heartbeat_at=self.now + self._elapsed,
            **{name: F(name) + count for name, count in moved.items()},
        )
        if not changed:
            raise OpeningTakenOver
        self.run.cursor = window[-1].first
        for name, count in moved.items():
            setattr(self.run, name, getattr(self.run, name) + count)

    def _tell(self, progress: Progress, **fields: Any) -> None:
        self.observe(progress)
        tick = time.monotonic()
        if tick - self._told >= _HEARTBEAT_SECONDS:
            self._told = tick
            for name, value in fields.items():
                setattr(self.run, name, value)
            self._save(*fields)

    def _save(self, *fields: str) -> None:
        self.run.heartbeat_at = self.now + self._elapsed
        self.run.save(update_fields=[*fields, "heartbeat_at"])

    @property
    def _elapsed(self) -> timedelta:
        return timedelta(seconds=time.monotonic() - self._clock)


COUNTS = (
    *("rows_done", "rows_read", "rows_refused", "members_new", "members_known", "lots_new"),
    *("lots_known", "lots_lapsed", "points_new", "points_known", "points_lapsed"),
)


def _terms(run: OpeningImport, now: datetime, stores: dict[str, int]) -> Terms:
    zone = ZoneInfo(settings.TIME_ZONE)
    return Terms(
        at=now,
        # The day on which it began, however long it takes: a resumed run judges as before.
        today=run.started_at.astimezone(zone).date(),
        zone=zone,
        actor=run.actor,
        are_new=run.are_new,
        store_id=run.store_id,
        stores=stores,
    )


def _spool_row(spool: Spool, reader: Reader, row: Row) -> None:
    if row.fault:
        spool.refuse(row.number, [Fault(row.fault)])
        return
    try:
        spool.add(row.number, reader.row(row.cells))
    except RowFaultsError as error:
        spool.refuse(row.number, error.faults)


def _windows(persons: Iterable[Person]) -> Iterator[list[Person]]:
    window: list[Person] = []
    rows = 0
    for person in persons:
        window.append(person)
        rows += len(person.rows)
        if len(window) >= WINDOW_PERSONS or rows >= WINDOW_ROWS:
            yield window
            window, rows = [], 0
    if window:
        yield window


def _preview_of(spool: Spool) -> lots.Previewed:
    """What this dry run would have booked by now: the ledger does not show it."""

    def previewed(member_ids: Sequence[int]) -> Iterator[Booking]:
        for member_id, reference, text in spool.previewed(member_ids):
            points, earned, valid, credited = text.split("|")
            yield Booking(member_id, reference, Figures(int(points), earned, valid, credited))

    return previewed
