"""The one way of a receipt into the house: from the API, the back office and files alike."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from django.db import IntegrityError, transaction

from campaigns.services import faults
from members.models import Member
from points.policies import DebtPolicy
from points.selectors import balances
from points.services import batch
from sales import exceptions
from sales.models import Checkout, Receipt
from sales.policies import receipts as policies
from sales.policies.receipts import MemberRef, ReceiptInput
from sales.selectors import known, people
from sales.services import answers, bench, buyers, movements, notices, receipt_rows
from sales.services.drafts import (
    Facts,
    Outcome,
    Sale,
    refusal_of,
    refused_outcome,
    stored_sale,
)
from sales.services.occasions import purchase_of, waiting_purchase
from sales.services.paying import Paying
from sales.services.planning import Planner
from stores.models import Store
from tiers.services.climbing import Climb

# A race is lost to one other process at a time; more than a few in a row is a fault of ours.
_ATTEMPTS = 5


class _LostRaceError(Exception):
    """Another process took in the same receipt, or its sale, since we looked."""


def record(
    *,
    store: Store,
    receipts: Sequence[ReceiptInput],
    source: str,
    actor: str,
    now: datetime,
    create_members: bool = False,
    with_balances: bool = False,
) -> list[Outcome]:
    """Take in receipts of one store, in their order, as one transaction; one answer for each.

    A receipt that is not acceptable is answered with its refusal and leaves no trace; the others
    land. A number that is already there gets its first answer again (`is_replay`), or the refusal
    `duplicate_number` if the content differs. A return that names a sale which has not come yet
    waits for it. Members named by external number or phone are created when `create_members`.
    `with_balances` adds the member's figures right after the receipt to each answer; it is how
    a till asks, and members are told of such receipts. Of files nobody is told.

    Locks the members' point accounts first, in the order of their ids, then the sales that
    returns refer to. Raises what the ledger refuses for the batch as a whole.
    """
    for _attempt in range(_ATTEMPTS):
        try:
            with transaction.atomic():
                return _Intake(store, source, actor, now, create_members, with_balances).take(
                    receipts
                )
        except _LostRaceError:
            continue
    raise RuntimeError("the same race was lost again and again")


def record_one(
    *,
    store: Store,
    receipt: ReceiptInput,
    source: str,
    actor: str,
    now: datetime,
    create_members: bool = False,
) -> Outcome:
    """As `record`, for one receipt with the balances after it; raises its refusal."""
    (outcome,) = record(
        store=store,
        receipts=[receipt],
        source=source,
        actor=actor,
        now=now,
        create_members=create_members,
        with_balances=True,
    )
    if outcome.refusal is not None:
        raise outcome.refusal
    return outcome


def preview(
    *,
    store: Store,
    receipts: Sequence[ReceiptInput],
    now: datetime,
    create_members: bool,
    find_sale: Callable[[str], ReceiptInput | None] = lambda number: None,
) -> list[Outcome]:
    """What `record` would answer, without a lock or a write.

    `find_sale` tells of sales that are neither stored nor among `receipts` but will be taken in
    together with them, so that their returns can be judged.
    """
    return _Intake(store, Receipt.Source.IMPORT, "preview", now, create_members, False).preview(
        receipts, find_sale
    )


def settle_waiting(*, store: Store, numbers: Sequence[str], actor: str, now: datetime) -> int:
    """Settle returns that wait for sales which are there by now; returns how many.

    Ordinarily the arriving sale does this itself. Two processes that took in a guest's sale and
    its return at the same instant could not see each other; a sweep calls this for them.
    """
    with transaction.atomic():
        return _Intake(store, Receipt.Source.IMPORT, actor, now, False, False).settle(numbers)


def settle_alone(*, receipt: Receipt, actor: str, now: datetime) -> Receipt:
    """Settle a return that waits, or does not fit its sale, as one without a sale.

    A person's decision: the rule of its day judges what came back, and the points go off. Locks
    the member's account. Raises `AlreadySettled`.
    """
    with transaction.atomic():
        _Intake(receipt.store, receipt.source, actor, now, False, False).settle_alone(receipt)
    receipt.refresh_from_db()
    return receipt


class _Intake:
    def __init__(
        self,
        store: Store,
        source: str,
        actor: str,
        now: datetime,
        create_members: bool,
        with_balances: bool,
    ) -> None:
        self.store = store
        self.source = source
        # The other sources have one name for receipts and for the people they bring.
        self.member_source = Member.Source.TILL if source == Receipt.Source.API else source
        self.actor = actor
        self.now = now
        self.create_members = create_members
        self.with_balances = with_balances
        self.newcomers: set[int | None] = set()

    def take(self, receipts: Sequence[ReceiptInput]) -> list[Outcome]:
        refused = self._refused(receipts)
        sound = [receipt for place, receipt in enumerate(receipts) if place not in refused]
        members, self.newcomers, at_checkout = buyers.known_or_new(
            sound,
            store_id=self.store.pk,
            at=self.now,
            source=self.member_source,
            create=self.create_members,
        )
        paying = Paying.of(self.store.pk, sound, members, at_checkout)
        receipts = paying.fill(receipts, members, refused, now=self.now)
        sound = [receipt for place, receipt in enumerate(receipts) if place not in refused]
        locked = self._lock(sound, members)
        facts = self._facts(sound, members, lock=True, locked=locked)
        facts.checkouts = self._locked(paying)
        planner = self._planner(facts)
        outcomes = [
            refused[place] if place in refused else planner.add(receipt)
            for place, receipt in enumerate(receipts)
        ]
        for outcome in outcomes:
            outcome.is_newcomer = outcome.member_id in self.newcomers
        self._book(planner)
        return outcomes

    @staticmethod
    def _locked(paying: Paying) -> dict[str, Checkout]:
        locked = paying.locked()
        if locked is None:
            raise _LostRaceError
        return locked

    def preview(
        self,
        receipts: Sequence[ReceiptInput],
        find_sale: Callable[[str], ReceiptInput | None],
    ) -> list[Outcome]:
        refused = self._refused(receipts)
        sound = [receipt for place, receipt in enumerate(receipts) if place not in refused]
        members, at_checkout = people.found(r.member for r in sound if r.member is not None)
        paying = Paying.of(self.store.pk, sound, members, at_checkout)
        receipts = paying.fill(receipts, members, refused, now=self.now)
        sound = [receipt for place, receipt in enumerate(receipts) if place not in refused]
        if self.create_members:
            newcomers = {r.member for r in sound if r.member is not None} - set(members)
            creatable = [ref for ref in newcomers if ref.kind != "number"]
            members |= {ref: -place for place, ref in enumerate(creatable, start=1)}
            self.newcomers.update(members[ref] for ref in creatable)
        own = {receipt.number for receipt in sound}
        stored = known.by_number(store_id=self.store.pk, numbers=_originals(sound))
        missing = set(_originals(sound)) - own - set(stored)
        elsewhere = [sale for number in sorted(missing) if (sale := find_sale(number)) is not None]
        members |= people.members_of(r.member for r in elsewhere if r.member is not None)
        planner = self._planner(
            self._facts([*elsewhere, *sound], members, lock=False, locked=frozenset())
        )
        for sale in elsewhere:
            planner.add(sale)
        outcomes = [
            refused[place] if place in refused else planner.add(receipt)
            for place, receipt in enumerate(receipts)
        ]
        for outcome in outcomes:
            outcome.is_newcomer = outcome.member_id in self.newcomers
        return outcomes

    def settle(self, numbers: Sequence[str]) -> int:
        sold = known.by_number(store_id=self.store.pk, numbers=numbers)
        batch.lock(
            sorted({sale.member_id for sale in sold.values() if sale.member_id is not None}),
            at=self.now,
        )
        sales = self._sales(numbers, lock=True)
        waiting = [
            item
            for item in known.waiting_for(store_id=self.store.pk, numbers=numbers)
            if item.original_number in sales
        ]
        told = [sale.explanation for sale in sales.values()]
        climb = self._climb({sale.member_id for sale in sales.values()})
        judge, occasions = bench.prepare(self.store, [], told, climb, lock=True)
        policy = self._debt_policy()
        planner = self._planner(Facts({}, {}, sales, {}, judge, occasions, climb, policy))
        for item in waiting:
            planner.settle(item, sales[item.original_number])
        self._book(planner)
        return len(waiting)

    def settle_alone(self, receipt: Receipt) -> None:
        batch.lock([receipt.member_id] if receipt.member_id is not None else [], at=self.now)
        waiting = known.unsettled(receipt.pk)
        if waiting is None:
            raise exceptions.AlreadySettled
        climb = self._climb({waiting.member_id})
        judge, occasions = bench.prepare(
            self.store, [waiting_purchase(waiting, self.store.pk)], [], climb, lock=True
        )
        policy = self._debt_policy()
        planner = self._planner(Facts({}, {}, {}, {}, judge, occasions, climb, policy))
        planner.settle_alone(waiting)
        self._book(planner)

    def _refused(self, receipts: Sequence[ReceiptInput]) -> dict[int, Outcome]:
        """The receipts that are wrong in themselves, by their place."""
        refused = {}
        for place, receipt in enumerate(receipts):
            fault = next(policies.faults(receipt, now=self.now), None)
            if fault is not None:
                refused[place] = refused_outcome(receipt, refusal_of(fault))
        return refused

    def _lock(
        self, receipts: Sequence[ReceiptInput], members: dict[MemberRef, int]
    ) -> frozenset[int]:
        """Lock every account that may move: the receipts' members, and those of the sales
        that returns name."""
        ids = set(members.values())
        originals = _originals(receipts)
        if originals:
            sold = known.by_number(store_id=self.store.pk, numbers=originals)
            ids |= {sale.member_id for sale in sold.values() if sale.member_id is not None}
        batch.lock(sorted(ids), at=self.now)
        return frozenset(ids)

    def _facts(
        self,
        receipts: Sequence[ReceiptInput],
        members: dict[MemberRef, int],
        *,
        lock: bool,
        locked: frozenset[int],
    ) -> Facts:
        numbers = [receipt.number for receipt in receipts]
        sales = self._sales(_originals(receipts), lock=lock)
        if lock and any(s.member_id not in locked for s in sales.values() if s.member_id):
            # The sale came between our look and our lock; its account is not locked.
            raise _LostRaceError
        sale_numbers = [r.number for r in receipts if r.kind == Receipt.Kind.SALE]
        waiting: dict[str, list[known.WaitingReturn]] = {}
        if lock:
            for item in known.waiting_for(store_id=self.store.pk, numbers=sale_numbers):
                waiting.setdefault(item.original_number, []).append(item)
        takes_back = bool(waiting) or len(sale_numbers) < len(receipts)
        stored = known.by_number(store_id=self.store.pk, numbers=numbers)
        judged = [
            purchase_of(
                receipt,
                self.store.pk,
                None if receipt.member is None else members.get(receipt.member),
            )
            for receipt in receipts
            if receipt.number not in stored and not receipt.original_number
        ]
        told = [sale.explanation for sale in sales.values()]
        climb = self._climb({*members.values(), *(sale.member_id for sale in sales.values())})
        judge, occasions = bench.prepare(self.store, judged, told, climb, lock=lock)
        return Facts(
            members=members,
            known=stored,
            sales=sales,
            waiting=waiting,
            judge=judge,
            occasions=occasions,
            climb=climb,
            debt_policy=self._debt_policy() if takes_back else DebtPolicy.OWE,
        )

    def _climb(self, member_ids: Iterable[int | None]) -> Climb:
        """The levels of the members whose accounts are locked."""
        climb = Climb(at=self.now, actor=self.actor, is_live=self.with_balances)
        return climb.load(pk for pk in member_ids if pk is not None)

    @staticmethod
    def _debt_policy() -> DebtPolicy:
        return DebtPolicy(balances.ledger_settings().debt_policy)

    def _sales(self, numbers: Sequence[str], *, lock: bool) -> dict[str, Sale]:
        rows = known.by_number(store_id=self.store.pk, numbers=numbers, lock=lock)
        lines = known.lines_of(row.id for row in rows.values())
        return {number: stored_sale(row, lines[row.id]) for number, row in rows.items()}

    def _planner(self, facts: Facts) -> Planner:
        return Planner(
            store=self.store, facts=facts, source=self.source, actor=self.actor, now=self.now
        )

    def _book(self, planner: Planner) -> None:
        """Post to the ledger, then write the rows."""
        if planner.orders:
            postings = movements.post(
                planner.orders, store_id=self.store.pk, actor=self.actor, now=self.now
            )
            answers.note_shortfalls(planner, postings)
        # Before the balances are read: a level may come with points of its own.
        planner.facts.climb.save()
        if self.with_balances:
            outcomes = (draft.outcome for draft in planner.drafts.values())
            answers.note_balances(outcomes, at=self.now)
        try:
            receipt_rows.insert(
                drafts=list(planner.drafts.values()),
                store_id=self.store.pk,
                source=self.source,
                actor=self.actor,
                received_at=self.now,
                sales=planner.facts.sales,
            )
        except IntegrityError as error:
            # Named as PostgreSQL and as SQLite name the broken constraint.
            if "sales_receipt_number" in str(error) or "sales_receipt.number" in str(error):
                raise _LostRaceError from error
            raise
        receipt_rows.update_sales(sales=planner.facts.sales.values())
        receipt_rows.update_settled(settled=planner.settled)
        if self.with_balances:
            notices.tell(planner, at=self.now)
        planner.facts.judge.limits.save()
        faults.note(planner.faults, at=self.now)
        for repeat, first in planner.repeats:
            repeat.receipt_id = first.receipt_id
            repeat.available, repeat.pending = first.available, first.pending
            repeat.debt = first.debt
            repeat.shortfall, repeat.deduct = first.shortfall, first.deduct


def _originals(receipts: Sequence[ReceiptInput]) -> list[str]:
    return sorted({r.original_number for r in receipts if r.original_number})
