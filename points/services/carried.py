"""What the past of a merged account has become in the one that is left."""

from collections.abc import Sequence

from points.services import rows
from points.services.book import Book
from points.services.rows import AccountRow, EntryRow, LotRow

Key = tuple[int, str]


def entries(book: Book, keys: Sequence[Key]) -> dict[Key, EntryRow]:
    """Entries with these references in accounts that were merged into those of the keys."""
    among, parameters = rows.any_of(sorted({account for account, _reference in keys}))
    book.cursor.execute(
        f"SELECT kept_id, gone_id FROM points_accountmerge WHERE kept_id {among}",  # noqa: S608 - constants
        parameters,
    )
    gone: dict[int, list[int]] = {}
    for kept_id, gone_id in book.cursor.fetchall():
        gone.setdefault(kept_id, []).append(gone_id)
    old = {
        (gone_id, reference): (kept_id, reference)
        for kept_id, reference in keys
        for gone_id in gone.get(kept_id, ())
    }
    return {old[key]: entry for key, entry in book.answered(sorted(old)).items()} if old else {}


def lots(book: Book, account: AccountRow, entry_id: int) -> list[LotRow]:
    """The lots of an entry of a merged account: what they have become here, and, for what had
    lapsed of them there, they themselves, which are empty."""
    return book.load_lots(
        "(account_id = %s AND id IN (SELECT m.new_id FROM points_lotmove m "
        "JOIN points_lot o ON o.id = m.old_id WHERE o.entry_id = %s)) "
        "OR (entry_id = %s AND remaining = 0) ORDER BY id",
        [account.id, entry_id, entry_id],
    )
