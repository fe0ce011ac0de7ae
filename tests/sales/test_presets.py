"""What the presets promise, once more with real receipts, events and returns in the database."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from campaigns.policies.events import NOTED_HERE, EventInput
from campaigns.policies.presets import Act, Buy, Step, TakeBack, Vector
from campaigns.policies.presets.content import Line
from campaigns.services import events, presets, rules
from members import policies
from members.models import Member, MemberTag, SegmentMember, Tag
from members.services import segments
from sales.policies.receipts import LineInput, MemberRef, ReceiptInput
from sales.services import intake
from stores.models import Article, Category, Store

pytestmark = pytest.mark.django_db
LONG_AGO = datetime(2020, 1, 1, tzinfo=timezone.get_fixed_timezone(480))
NUMBERS = [f"P{number:02d}" for number in range(1, 23)]


class Shop:
    """One store under a preset, and one member of it at a time."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.number = 0

    def meet(self, vector: Vector) -> None:
        self.number += 1
        self.member = Member.objects.create(
            number=policies.member_number(self.number),
            name="林小雨",
            phone=f"+86138{self.number:08d}",
            birthday=vector.person.birthday,
            joined_at=LONG_AGO,
        )
        for name in vector.person.tags:
            tag, _made = Tag.objects.get_or_create(name=name)
            MemberTag.objects.create(member=self.member, tag=tag)
        groups = segments.ensure_rfm(at=LONG_AGO)
        for code in vector.person.segments:
            SegmentMember.objects.create(
                segment_id=groups[code], member=self.member, since=LONG_AGO
            )
        self.done: dict[str, tuple[Any, dict[int, Decimal]]] = {}
        self.count = 0
        for at in vector.earlier:
            self.play(Step(at, Buy((Line(Decimal(1)),)), (0,)))

    def play(self, step: Step) -> int:
        """What really happens, with the points that it gives or, negative, takes."""
        self.count += 1
        number = f"{self.number}-{self.count}"
        if isinstance(step.what, Buy):
            points = self._record(step, self._receipt(number, step.at, step.what))
        elif isinstance(step.what, Act):
            points = self._act(number, step, step.what)
        else:
            return self._back(number, step, step.what)
        if step.label:
            self.done[step.label] = ((number, step.what), {})
        return points

    def _record(self, step: Step, receipt: ReceiptInput) -> int:
        outcome = intake.record_one(
            store=self.store, receipt=receipt, source="api", actor="test", now=step.at
        )
        assert outcome.refusal is None
        return outcome.points

    def _receipt(self, number: str, at: datetime, buy: Buy) -> ReceiptInput:
        return ReceiptInput(
            number=number,
            kind="sale",
            occurred_at=at,
            lines=[self._line(line) for line in buy.lines],
            member=MemberRef("number", self.member.number),
            channel=buy.channel,
            business=buy.business,
            completed_at=buy.completed_at,
            paid_by_coupon=buy.coupon,
            paid_by_points=buy.by_points,
        )

    def _line(self, line: Line) -> LineInput:
        """A line of an article that is known with its category and labels."""
        category = None
        for code in line.category:
            category, _made = Category.objects.get_or_create(
                code=code, defaults={"name": code, "parent": category}
            )
        sku = "-".join(["A", *line.category, *sorted(line.labels)])
        Article.objects.get_or_create(
            sku=sku,
            defaults={"name": sku, "category": category, "labels": sorted(line.labels)},
        )
        price = (line.amount / line.quantity).quantize(Decimal("0.0001"))
        return LineInput(sku, sku, line.quantity, price, line.amount, kind=line.kind)

    def _act(self, number: str, step: Step, act: Act) -> int:
        event = EventInput(
            external_id=number,
            trigger=act.trigger,
            member_id=self.member.pk,
            occurred_at=step.at,
            code=act.code,
            quantity=act.quantity,
            amount=act.amount,
            attributes=act.attributes,
        )
        if act.trigger in NOTED_HERE:
            with transaction.atomic():
                (told,) = events.record_many(
                    source="test", events=[event], actor="test", now=step.at
                )
        else:
            told = events.record(source="test", event=event, actor="test", now=step.at)
        return told.event.points

    def _back(self, number: str, step: Step, back: TakeBack) -> int:
        (of, what), returned = self.done[back.of]
        if isinstance(what, Act):
            event = events.reverse(
                source="test", external_id=of, reason="test", actor="test", now=step.at
            )
            return -event.points
        lines = []
        for no, line in enumerate(what.lines, start=1):
            left = line.quantity - returned.get(no, Decimal(0))
            quantity = back.quantities.get(no, Decimal(0)) if back.quantities else left
            if quantity:
                returned[no] = returned.get(no, Decimal(0)) + quantity
                one = self._line(line)
                lines.append(
                    LineInput(one.sku, one.name, quantity, one.unit_price, sale_line_no=no)
                )
        if not lines:
            return 0
        receipt = ReceiptInput(
            number=number,
            kind="return",
            occurred_at=step.at,
            lines=lines,
            member=MemberRef("number", self.member.number),
            original_number=of,
            channel=what.channel,
        )
        return self._record(step, receipt)


@pytest.mark.parametrize("number", NUMBERS)
def test_receipts_and_events_earn_what_the_preset_says(number: str, store: Store) -> None:
    version = presets.load(name=number, starts_at=LONG_AGO, create_missing=True).version
    rules.publish(version=version, by=None, now=LONG_AGO + timedelta(days=1))
    shop = Shop(store)
    played = 0
    for vector in presets.find(number).vectors:
        if vector.variant:
            continue
        if vector.steps:
            shop.meet(vector)
        for step in vector.steps:
            for points in step.points:
                assert shop.play(step) == points, (vector.title_en, step)
                played += 1
    assert played >= 3
