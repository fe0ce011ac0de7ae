"""Files of receipts: read, put in order, taken in batch by batch, resumable at every batch."""

import hashlib
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db import reset_queries, transaction
from django.db.models import F

from campaigns.selectors import rules
from sales.exceptions import ImportTakenOver, ReceiptRefused
from sales.models import ImportIssue, ImportRun, Receipt
from sales.policies.receipts import Fault, ReceiptInput
from sales.services import intake, mapping
from sales.services.drafts import Outcome
from sales.services.mapping import Reader, RowFaultError
from sales.services.spool import Group, Spool
from stores.exceptions import FileRefused, Refusal
from stores.models import Store
from stores.services.tables import Row, Table

BATCH_RECEIPTS = 400
BATCH_LINES = 8000
# The rest is counted, not listed: a file with a wrong mapping has as many faults as rows.
MAX_ISSUES = 100_000

_HEARTBEAT_SECONDS = 2.0
_TELL_EVERY_ROWS = 5000


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
    store: Store,
    path: Path,
    name: str,
    mapping_text: str,
    create_members: bool,
    is_dry_run: bool,
    actor: str,
    now: datetime,
) -> ImportRun:
    """The run to take this file in with: the unfinished one of the same file, or a new one.

    Raises `FileRefused` for a mapping that cannot be used, or when no earning rule is published:
    receipts are judged when they come, and would earn nothing for ever.
    """
    mapping.load(mapping_text)
    if not len(rules.timetable()):
        raise FileRefused("no_rule")
    sha256 = sha256_of(path)
    if not is_dry_run:
        unfinished = (
            ImportRun.objects.filter(
                store=store,
                sha256=sha256,
                mapping=mapping_text,
                create_members=create_members,
                is_dry_run=False,
                state__in=[*ImportRun.OPEN_STATES, ImportRun.State.FAILED],
            )
            .order_by("-pk")
            .first()
        )
        if unfinished is not None:
            return unfinished
    return ImportRun.objects.create(
        store=store,
        file_name=name,
        sha256=sha256,
        mapping=mapping_text,
        create_members=create_members,
        is_dry_run=is_dry_run,
        actor=actor,
        started_at=now,
        heartbeat_at=now,
    )


def work(
    *, run: ImportRun, path: Path, now: datetime, observe: Observer = lambda progress: None
) -> ImportRun:
    """Take in the file at `path`, from where `run` stands to the end.

    Bounded memory: rows go through a temporary file on disk. Each batch of receipts is one
    transaction that also moves the cursor, so a killed import goes on without a gap or a
    repetition, and two processes on one run cannot both go on. Raises `FileRefused` when the file
    cannot be read as a whole (then nothing of it lands) and `ImportTakenOver`.
    """
    worker = _Worker(run, now, observe)
    try:
        worker.work(path)
    except FileRefused as refusal:
        worker.end(ImportRun.State.REFUSED, str(refusal))
        raise
    except ImportTakenOver:
        raise
    except Exception as error:
        worker.end(ImportRun.State.FAILED, f"{type(error).__name__}: {error}"[:300])
        raise
    worker.end(ImportRun.State.DONE)
    return run


class _Worker:
    def __init__(self, run: ImportRun, now: datetime, observe: Observer) -> None:
        self.run = run
        self.store: Store = run.store
        self.now = now
        self.observe = observe
        self._clock = self._told = time.monotonic()

    def work(self, path: Path) -> None:
        if sha256_of(path) != self.run.sha256:
            raise FileRefused("file_changed")
        self._take_over()
        with tempfile.TemporaryDirectory(prefix="judian-import-") as folder:
            spool = Spool(Path(folder) / "rows.sqlite3")
            try:
                reader = self._read(path, spool)
                self._post(spool, reader)
            finally:
                spool.close()

    def end(self, state: ImportRun.State, refusal: str = "") -> None:
        self.run.state = state
        self.run.refusal = refusal
        self.run.finished_at = self.now + self._elapsed
        self._save("state", "refusal", "finished_at")

    def _take_over(self) -> None:
        self.run.state = ImportRun.State.READING
        self.run.finished_at = None
        self._save("state", "finished_at")

    def _read(self, path: Path, spool: Spool) -> Reader:
        plan = mapping.load(self.run.mapping)
        table = Table(
            path=path, name=self.run.file_name, encoding=plan.encoding, delimiter=plan.delimiter
        )
        try:
            reader = plan.bind(table.header, ZoneInfo(self.store.time_zone), self.now)
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
        total = spool.count()
        good, bad = spool.row_counts()
        if self.run.receipts_total is None:
            self._open_posting(spool, reader, total=total, refused=bad)
        self.run.state = ImportRun.State.POSTING
        self.run.rows_read = good + bad
        self._save("state", "rows_read")
        done = 0
        for batch in _batches(spool.groups(reader, start=self.run.cursor)):
            if self.run.is_dry_run:
                self._preview(batch, spool, reader)
            else:
                self._take(batch, reader)
            # With DEBUG, Django keeps the text of every statement.
            reset_queries()
            done += sum(len(group.rows) for group in batch)
            self._tell(Progress("posting", done, good))
        self.observe(Progress("posting", done, done))

    def _open_posting(self, spool: Spool, reader: Reader, *, total: int, refused: int) -> None:
        """Write down what reading found, once: a resumed run finds it there."""
        with transaction.atomic():
            self.run.receipts_total = total
            self.run.rows_refused = refused
            self.run.receipts_refused = spool.refused_receipts()
            self._save("receipts_total", "rows_refused", "receipts_refused")
            ImportIssue.objects.bulk_create(
                (
                    ImportIssue(
                        run=self.run,
                        row=issue.row,
                        number=issue.number,
                        column=reader.column(issue.field),
                        code=issue.code,
                        params=issue.params,
                    )
                    for issue in spool.issues(MAX_ISSUES)
                ),
                batch_size=1000,
            )

    def _take(self, batch: list[Group], reader: Reader) -> None:
        with transaction.atomic():
            outcomes = self._recorded([group.receipt for group in batch])
            tally = _tally(batch, outcomes)
            tally["members_new"] = len({o.member_id for o in outcomes if o.is_newcomer})
            self._list_refused(batch, outcomes, reader)
            self._advance(len(batch), tally)

    def _recorded(self, receipts: list[ReceiptInput]) -> list[Outcome]:
        """The batch at once; one by one when the ledger refuses something within it."""
        try:
            return self._record(receipts)
        except Refusal as refusal:
            if len(receipts) == 1:
                reason = ReceiptRefused("ledger_refused", reason=str(refusal))
                return [Outcome(number=receipts[0].number, state="refused", refusal=reason)]
            return [outcome for receipt in receipts for outcome in self._recorded([receipt])]

    def _record(self, receipts: list[ReceiptInput]) -> list[Outcome]:
        return intake.record(
            store=self.store,
            receipts=receipts,
            source=Receipt.Source.IMPORT,
            actor=self.run.actor,
            now=self.now,
            create_members=self.run.create_members,
        )

    def _preview(self, batch: list[Group], spool: Spool, reader: Reader) -> None:
        outcomes = intake.preview(
            store=self.store,
            receipts=[group.receipt for group in batch],
            now=self.now,
            create_members=self.run.create_members,
            find_sale=lambda number: spool.find(number, reader),
        )
        tally = _tally(batch, outcomes)
        tally["members_new"] = spool.note_newcomers(
            group.receipt.member.value
            for group, outcome in zip(batch, outcomes, strict=True)
            if outcome.is_newcomer and group.receipt.member is not None
        )
        self._list_refused(batch, outcomes, reader)
        self._advance(len(batch), tally)

    def _list_refused(self, batch: list[Group], outcomes: list[Outcome], reader: Reader) -> None:
        ImportIssue.objects.bulk_create(
            [
                _issue(self.run, reader, group, place, outcome.refusal)
                for group, outcome in zip(batch, outcomes, strict=True)
                if outcome.refusal is not None
                for place in range(len(group.rows))
            ]
        )

    def _advance(self, receipts: int, tally: dict[str, int]) -> None:
        """Move the cursor and the counts, or find out that another process has done so."""
        moved = ImportRun.objects.filter(pk=self.run.pk, cursor=self.run.cursor).update(
            cursor=F("cursor") + receipts,
            heartbeat_at=self.now + self._elapsed,
            **{name: F(name) + count for name, count in tally.items()},
        )
        if not moved:
            raise ImportTakenOver
        self.run.cursor += receipts
        for name, count in tally.items():
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


def _spool_row(spool: Spool, reader: Reader, row: Row) -> None:
    if row.fault:
        spool.refuse(row.number, reader.guessed_number(row.cells), Fault(row.fault, ""))
        return
    try:
        spool.add(row.number, reader.line(row.cells))
    except RowFaultError as error:
        spool.refuse(row.number, error.number, error.fault)


def _batches(groups: Iterable[Group]) -> Iterator[list[Group]]:
    batch: list[Group] = []
    lines = 0
    for group in groups:
        batch.append(group)
        lines += len(group.rows)
        if len(batch) >= BATCH_RECEIPTS or lines >= BATCH_LINES:
            yield batch
            batch, lines = [], 0
    if batch:
        yield batch


def _tally(batch: list[Group], outcomes: list[Outcome]) -> dict[str, int]:
    tally = dict.fromkeys(
        (
            "receipts_new",
            "receipts_known",
            "receipts_refused",
            "receipts_waiting",
            "receipts_unruled",
            "rows_refused",
            "lines_new",
            "points_earned",
            "points_clawed",
        ),
        0,
    )
    for group, outcome in zip(batch, outcomes, strict=True):
        if outcome.refusal is not None:
            tally["receipts_refused"] += 1
            tally["rows_refused"] += len(group.rows)
        elif outcome.is_replay:
            tally["receipts_known"] += 1
        else:
            tally["receipts_new"] += 1
            tally["lines_new"] += len(group.rows)
            tally["receipts_waiting"] += outcome.state == Receipt.State.WAITING
            tally["receipts_unruled"] += outcome.explanation.get("type") == "no_rule"
            tally["points_earned"] += max(outcome.points, 0)
            tally["points_clawed"] += max(-outcome.points, 0)
    return tally


def _issue(
    run: ImportRun, reader: Reader, group: Group, place: int, refusal: Refusal
) -> ImportIssue:
    """A refused receipt's row: the faulty line gets the reason, its siblings go with it."""
    at = refusal.line_no if isinstance(refusal, ReceiptRefused) else None
    is_cause = at is None or at == place + 1
    return ImportIssue(
        run=run,
        row=group.rows[place],
        number=group.receipt.number,
        column=reader.column(refusal.field or "") if is_cause else "",
        code=refusal.code if is_cause else "receipt_incomplete",
        params={name: str(value) for name, value in refusal.params.items()} if is_cause else {},
    )
