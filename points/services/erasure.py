"""Emptying the account of somebody who leaves. By entries: the books stay whole.

The points are forfeited and the debt is written off, so that no liability stands for nobody.
"""

from datetime import datetime

from django.db import transaction

from points.exceptions import AccountHasHolds
from points.models import Adjustment, Gift
from points.policies import DebtPolicy, fingerprint
from points.services import holds, lapsing, operations, reversals
from points.services.book import Book
from points.services.openings import uploads
from points.services.operations import Note
from points.services.rows import AccountRow

SOURCE = "erasure"
_NO_NOTE = "—"


def erase(*, member_id: int, actor: str, at: datetime, is_forced: bool) -> None:
    """Forfeit what the account has, pending points included, and write off what it owes.

    A claw-back by the source `erasure` takes the points out of their lots, an adjustment pays
    the debt. What people wrote is blanked: the words of gifts, the notes of adjustments. Again,
    it takes what has come since. Locks the account. Raises `AccountHasHolds` while a checkout
    is unfinished, and `AccountFrozen` unless `is_forced` (staff, who know why it is frozen).
    """
    with transaction.atomic():
        holds.release_expired(member_id=member_id, at=at)
        lapsing.expire_member(
            member_id=member_id, reference=f"{SOURCE}:{member_id}:{at.isoformat()}", at=at
        )
        book = Book(recorded_at=at, expected=4)
        account = book.locked(member_id)
        if not is_forced:
            operations.refuse_frozen(account)
        if account.held:
            raise AccountHasHolds(points=account.held)
        _forfeit(book, account, actor=actor, at=at)
        book.flush()
        _forget_words(member_id, at=at)
        # Files of imports are not searched: all that have ended go. What they refused names nobody.
        transaction.on_commit(uploads.forget, robust=True)


def _forfeit(book: Book, account: AccountRow, *, actor: str, at: datetime) -> None:
    mark = f"{SOURCE}:{account.member_id}:{account.seq}"

    def note(what: str, points: int) -> Note:
        reference = f"{mark}:{what}"
        return Note(
            reference=reference,
            fingerprint=fingerprint(SOURCE, reference, points),
            source=SOURCE,
            actor=actor,
            at=at,
            explanation={"type": "erasure"},
        )

    usable = operations.spendable(book, account, at)
    if usable:
        reversals.claw_back(
            book,
            account,
            note("usable", usable),
            points=usable,
            earned_by_id=None,
            policy=DebtPolicy.FORGIVE,
        )
    for lot in book.load_lots("account_id = %s AND state = 'pending' ORDER BY id", [account.id]):
        reversals.claw_back(
            book,
            account,
            note(f"pending:{lot.id}", lot.free),
            points=lot.free,
            earned_by_id=lot.entry_id,
            policy=DebtPolicy.FORGIVE,
            live=[],
        )
    if debt := account.debt:
        operations.earn(
            book,
            account,
            note("debt", debt),
            points=debt,
            expires_at=None,
            usable_at=None,
            kind="adjust",
        )


def _forget_words(member_id: int, *, at: datetime) -> None:
    Gift.objects.filter(giver_id=member_id).exclude(words="").update(words="")
    Gift.objects.filter(receiver_id=member_id).exclude(words="").update(words="")
    mine = Adjustment.objects.filter(member_id=member_id)
    # Nobody will decide about the points of somebody who has gone.
    mine.filter(state=Adjustment.State.WAITING).update(
        state=Adjustment.State.REJECTED, decided_at=at
    )
    mine.exclude(note=_NO_NOTE).update(note=_NO_NOTE)
