"""Undoing a clearing, within its window, by entries that answer those of the clearing.

An expired lot stays expired for ever; what it lost comes back as a lot of the same age, store and
end. The old lot counts as settled then, so that a return does not take the same points twice.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from members.models import Member
from notifications.models import Notice
from notifications.services import telling
from notifications.services.telling import Fact
from points import policies
from points.exceptions import ClearingStateWrong, ClearingUndoOver, UndoDayInvalid
from points.models import AccountMerge, ClearingPlan
from points.policies import fingerprint
from points.policies.clearing import ends_after
from points.selectors import clearings
from points.services import operations, restoring, rows
from points.services.book import WINDOW, Book
from points.services.clearing import plans
from points.services.clearing.engine import Progress
from points.services.operations import Note
from points.services.rows import AccountRow, LotRow

SOURCE = "clearing_undone"
_STATES = ClearingPlan.State


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms points come back: until when those count whose own day has passed, by whom,
    and what their entries and the notice are called."""

    plan: ClearingPlan
    until: datetime | None
    actor: str
    source: str
    notice: str


@dataclass(frozen=True, slots=True)
class Back:
    """Points that came back to one account, and what it can use now."""

    account: int
    member: int
    points: int
    balance: int


def request(
    *, plan_id: int, reason: str, counts_through: date | None, actor: str, at: datetime
) -> ClearingPlan:
    """Ask for a clearing to be undone; a job does it.

    What was cleared before its own day gets that day again. What had lapsed by itself counts
    through `counts_through`. Locks the plan. Raises `ClearingStateWrong`, `ClearingUndoOver`
    and `UndoDayInvalid`.
    """
    settings = clearings.settings()
    with transaction.atomic():
        plan = ClearingPlan.objects.select_for_update().get(pk=plan_id)
        if plan.state not in (_STATES.DONE, _STATES.STOPPED) or plan.started_at is None:
            raise ClearingStateWrong(state=plan.get_state_display())
        if at - (plan.finished_at or plan.started_at) > timedelta(days=settings.undo_days):
            raise ClearingUndoOver(days=settings.undo_days)
        if plan.policy == ClearingPlan.Policy.LAPSED and (
            counts_through is None or counts_through <= timezone.localdate(at)
        ):
            raise UndoDayInvalid
        zone = ZoneInfo(timezone.get_default_timezone_name())
        plan.state, plan.heartbeat_at = _STATES.UNDOING, None
        plan.undone_by, plan.undo_reason = actor, reason
        plan.undo_until = None if counts_through is None else ends_after(counts_through, zone)
        plan.save()
    return plan


def work(*, plan_id: int, now: datetime, progress: Progress | None = None) -> ClearingPlan | None:
    """Give back window by window; None when another process does. Safe to kill and run again."""
    if not plans.claim(plan_id, now, _STATES.UNDOING):
        return None
    plan = ClearingPlan.objects.get(pk=plan_id)
    beat = plans.heartbeat(plan, now)
    references = [f"expire:{run}" for run in plan.runs.values_list("pk", flat=True)]
    terms = Terms(plan, plan.undo_until, plan.undone_by, SOURCE, f"clearing_undone:{plan.pk}")
    after = 0
    while beat():
        last = _window(terms, references, after=after, now=now)
        if last is None:
            break
        after = last
        if progress:
            progress(plan.undone_accounts, plan.undone_points)
    else:
        return plan
    ClearingPlan.objects.filter(pk=plan.pk, state=_STATES.UNDOING).update(
        state=_STATES.UNDONE, undone_at=now, heartbeat_at=None
    )
    plan.refresh_from_db()
    return plan


def _window(terms: Terms, references: list[str], *, after: int, now: datetime) -> int | None:
    plan = terms.plan
    with transaction.atomic():
        last, back = give_back(terms, references, after=after, now=now)
        plan.undone_accounts += len(back)
        plan.undone_points += sum(one.points for one in back)
        plan.save(update_fields=["undone_accounts", "undone_points"])
    return last


def give_back(
    terms: Terms, references: list[str], *, after: int, now: datetime
) -> tuple[int | None, list[Back]]:
    """Answer the expiries of these runs for the next accounts after `after`, and tell them.

    Returns the last account looked at (None: there was none) and what came back. Locks the
    accounts, within the caller's transaction.
    """
    book = Book(recorded_at=now, expected=WINDOW)
    among, parameters = rows.any_of(references)
    book.cursor.execute(
        f"SELECT account_id, id FROM points_entry WHERE reference {among} "  # noqa: S608 - constants
        "AND account_id > %s ORDER BY account_id, id LIMIT %s",
        [*parameters, after, WINDOW],
    )
    entries: list[tuple[int, int]] = [(row[0], row[1]) for row in book.cursor.fetchall()]
    if not entries:
        return None, []
    if len(entries) == WINDOW:
        # An account whose entries go on beyond the window waits for the next one.
        whole = [pair for pair in entries if pair[0] != entries[-1][0]]
        entries = whole or entries
    book.lock_accounts({account for account, _entry in entries})
    gone = _erased(book)
    back = _answered(book, terms, [pair for pair in entries if pair[0] not in gone], now)
    book.flush()
    _tell(terms, back, now)
    _follow_merges(terms, back, now)
    return entries[-1][0], back


def _erased(book: Book) -> set[int]:
    """Accounts of people who left: what they had is forfeited, and stays so."""
    members = {account.member_id: account.id for account in book.accounts.values()}
    left = Member.objects.filter(pk__in=members, erased_at__isnull=False)
    return {members[member] for member in left.values_list("pk", flat=True)}


def _answered(
    book: Book, terms: Terms, entries: list[tuple[int, int]], now: datetime
) -> list[Back]:
    answered = book.answered([(account, f"unclear:{entry}") for account, entry in entries])
    open_ = [pair for pair in entries if (pair[0], f"unclear:{pair[1]}") not in answered]
    lots = _lots(book, [entry for _account, entry in open_])
    found: dict[int, Back] = {}
    for account_id, entry_id in open_:
        account = book.accounts[account_id]
        points = _restore(book, terms, account, entry_id, lots.get(entry_id, []), now)
        if points:
            before = found[account_id].points if account_id in found else 0
            found[account_id] = Back(
                account_id, account.member_id, before + points, account.available
            )
    return list(found.values())


def _lots(book: Book, entries: list[int]) -> dict[int, list[LotRow]]:
    """The lots that each entry expired."""
    if not entries:
        return {}
    among, parameters = rows.any_of(entries)
    accounts, ids = rows.any_of(sorted(book.accounts))
    # By account first: there is an index that begins with it, none on who expired a lot.
    where = f"account_id {accounts} AND state = 'closed' AND expired_by_id {among}"
    book.cursor.execute(
        f"SELECT id, expired_by_id FROM points_lot WHERE {where}",  # noqa: S608 - constants
        [*ids, *parameters],
    )
    owners = dict(book.cursor.fetchall())
    found: dict[int, list[LotRow]] = {}
    for lot in book.load_lots(f"{where} ORDER BY expires_at, id", [*ids, *parameters]):
        found.setdefault(owners[lot.id], []).append(lot)
    return found


def _restore(
    book: Book,
    terms: Terms,
    account: AccountRow,
    entry_id: int,
    lots: list[LotRow],
    now: datetime,
) -> int:
    parts = [(lot, lot.expired - lot.settled) for lot in lots if lot.expired > lot.settled]
    points = sum(part for _lot, part in parts)
    if not points:
        return 0
    paid = policies.pay_debt_first(points, account.debt)
    reference = f"unclear:{entry_id}"
    note = Note(
        reference=reference,
        fingerprint=fingerprint(reference),
        source=terms.source,
        actor=terms.actor,
        at=now,
        explanation={"type": terms.source, "plan": terms.plan.pk, "name": terms.plan.name},
    )
    entry = book.post(
        account,
        kind="restore",
        d_available=paid.to_balance,
        d_debt=-paid.to_debt,
        relates_to_id=entry_id,
        **note.entry(),
    )
    # A restore answers a spend by itself; this one answers an expiry.
    account.spent_total += points
    account.expired_total -= points
    fresh = []
    for lot, part in parts:
        ends = lot.expires_at if lot.expires_at > now else (terms.until or lot.expires_at)
        new = book.grant(
            entry, points=part, earned_at=lot.earned_at, expires_at=ends, usable_at=now
        )
        new.store_id = lot.store_id
        fresh.append(new)
        lot.settled = lot.expired
        book.change(lot)
    operations.pay_debt(book, entry, fresh, paid.to_debt)
    return points


def _tell(terms: Terms, back: list[Back], now: datetime) -> None:
    facts = [
        Fact(
            member_id=one.member,
            kind=Notice.Kind.POINTS_CLEARED,
            event="undone",
            reference=terms.notice,
            context={
                "points": one.points,
                "balance": one.balance,
                "day": timezone.localdate(now).isoformat(),
            },
            link=reverse("points:expiring"),
            points=one.points,
        )
        for one in back
    ]
    telling.tell(facts, at=now)


def _follow_merges(terms: Terms, back: list[Back], now: datetime) -> None:
    """What came back to somebody who was merged since goes on to the member who is left."""
    merged = AccountMerge.objects.filter(gone_id__in=[one.account for one in back])
    for kept, gone in merged.values_list("kept__member_id", "gone__member_id"):
        restoring.move_on(kept, gone, terms.actor, now)
