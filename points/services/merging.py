"""Making one account of two, by entries: nothing is rewritten and nothing is lost.

What is usable moves as a transfer, so every lot keeps its days. Pending lots are taken back and
granted again with theirs. Debt is paid on the one side and taken back on the other.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from points.exceptions import AccountHasHolds
from points.models import AccountMerge, Adjustment, Gift, LotMove
from points.policies import DebtPolicy, fingerprint
from points.services import holds, lapsing, operations, reversals
from points.services.book import Book
from points.services.operations import Note
from points.services.rows import AccountRow, LotRow

SOURCE = "merge"


@dataclass(frozen=True, slots=True)
class Merged:
    """What moved, in points."""

    usable: int = 0
    pending: int = 0
    debt: int = 0


def merge(*, kept_id: int, gone_id: int, actor: str, at: datetime) -> Merged:
    """Move all that member `gone_id` has to member `kept_id`, in one transaction.

    Locks both accounts in the order of their members' ids. A second call moves what has come
    since. Raises
    `AccountFrozen` where either is frozen (thaw it first, with a reason) and `AccountHasHolds`
    while a checkout of the one that goes is unfinished.
    """
    with transaction.atomic():
        holds.release_expired(member_id=gone_id, at=at)
        lapsing.expire_member(
            member_id=gone_id, reference=f"merge:{gone_id}:{at.isoformat()}", at=at
        )
        book = Book(recorded_at=at, expected=8)
        book.lock_members([kept_id, gone_id])
        kept, gone = book.member(kept_id), book.member(gone_id)
        for account in (kept, gone):
            operations.refuse_frozen(account)
        if gone.held:
            raise AccountHasHolds(points=gone.held)
        mover = _Mover(book, kept, gone, actor=actor, at=at)
        merged = Merged(usable=mover.usable(), pending=mover.pending(), debt=mover.debt())
        book.flush()
        _remember(kept, gone, mover.moves, at=at)
        _hand_over(kept_id, gone_id)
    return merged


class _Mover:
    def __init__(
        self, book: Book, kept: AccountRow, gone: AccountRow, *, actor: str, at: datetime
    ) -> None:
        self.book, self.kept, self.gone = book, kept, gone
        self.actor, self.at = actor, at
        # What comes to the account later is moved later, under a name of its own.
        self.mark = f"merge:{gone.member_id}:{gone.seq}"
        self.moves: list[tuple[int, int]] = []

    def usable(self) -> int:
        points = operations.spendable(self.book, self.gone, self.at)
        if points:
            note = self._note("usable", points)
            _out, _into, pairs = operations.move(
                self.book, self.gone, self.kept, note, points=points
            )
            self.moves += [(old.id, new.id) for old, new in pairs]
        return points

    def pending(self) -> int:
        waiting = self.book.load_lots(
            "account_id = %s AND state = 'pending' ORDER BY id", [self.gone.id]
        )
        return sum(self._pending_lot(lot) for lot in waiting)

    def _pending_lot(self, lot: LotRow) -> int:
        points = lot.free
        note = self._note(f"pending:{lot.id}", points)
        reversals.claw_back(
            self.book,
            self.gone,
            note,
            points=points,
            earned_by_id=lot.entry_id,
            policy=DebtPolicy.FORGIVE,
            live=[],
        )
        entry = self.book.post(self.kept, kind="earn", d_pending=points, **note.entry())
        new = self.book.grant(
            entry,
            points=points,
            earned_at=lot.earned_at,
            expires_at=lot.expires_at,
            usable_at=lot.usable_at,
            state="pending",
        )
        new.store_id = lot.store_id
        self.moves.append((lot.id, new.id))
        return points

    def debt(self) -> int:
        points = self.gone.debt
        if points:
            note = self._note("debt", points)
            operations.earn(
                self.book, self.gone, note, points=points, expires_at=None, usable_at=None
            )
            reversals.claw_back(
                self.book,
                self.kept,
                note,
                points=points,
                earned_by_id=None,
                policy=DebtPolicy.OWE,
            )
        return points

    def _note(self, what: str, points: int) -> Note:
        reference = f"{self.mark}:{what}"
        return Note(
            reference=reference,
            fingerprint=fingerprint(SOURCE, reference, points),
            source=SOURCE,
            actor=self.actor,
            at=self.at,
            explanation={"type": "merge"},
        )


def _remember(
    kept: AccountRow, gone: AccountRow, moves: list[tuple[int, int]], *, at: datetime
) -> None:
    """Where accounts and lots went; what had come to the one that goes now is with the other."""
    AccountMerge.objects.get_or_create(
        gone_id=gone.id, defaults={"kept_id": kept.id, "merged_at": at}
    )
    AccountMerge.objects.filter(kept_id=gone.id).update(kept_id=kept.id)
    for old, new in moves:
        LotMove.objects.filter(new_id=old).update(new_id=new)
    # A lot that a return has filled again after the merge keeps where it went first: what came
    # back since was spent by its owner and is no part of the purchase that granted it.
    rows = [LotMove(old_id=old, new_id=new) for old, new in moves]
    LotMove.objects.bulk_create(rows, ignore_conflicts=True)


def _hand_over(kept_id: int, gone_id: int) -> None:
    """Adjustments that wait for a second person, and gifts in the lists of their people."""
    waiting = Adjustment.objects.filter(member_id=gone_id, state=Adjustment.State.WAITING)
    waiting.update(member_id=kept_id)
    # A gift between the two stays as it was: it names both.
    Gift.objects.filter(giver_id=gone_id).exclude(receiver_id=kept_id).update(giver_id=kept_id)
    Gift.objects.filter(receiver_id=gone_id).exclude(giver_id=kept_id).update(receiver_id=kept_id)
