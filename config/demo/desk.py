"""The demo's desk: a question answered, a complaint that waits, a dispute with a correction."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.contrib.auth.models import User

from config.demo.people import Person
from members.services import ticket_desk, tickets
from members.services.tickets import Words
from points import selectors
from points.services import disputes
from stores.models import Store

# Questions of the last weeks, so that the desk has figures to show: days ago, hours to answer.
_EARLIER = ((24, 3), (19, 5), (15, 2), (11, 8), (8, 4), (5, 6))
_ASKED = (
    ("积分什么时候到账？", "周末买的面包，积分还在待入账。", "七天售后期过后自动入账，明天就到。"),
    ("生日双倍怎么算", "生日当天在两家店消费都算吗？", "都算，以小票时间为准。"),
    ("可以换门店自提吗", "兑换的礼盒想改到西湖店取。", "可以，已为您改好。"),
)


def open_desk(
    *,
    cast: Sequence[Person],
    staff: Mapping[str, User],
    stores: Mapping[str, Store],
    now: datetime,
) -> None:
    """Nine tickets: six that are settled, and one in each state that asks for somebody."""
    desk = staff["manager"]
    for place, (days, hours) in enumerate(_EARLIER):
        asked = _ASKED[place % len(_ASKED)]
        _settled(cast[place % len(cast)], desk, asked, at=now - timedelta(days=days), hours=hours)
    _answered(cast[0], desk, now=now)
    tickets.open_ticket(
        member_id=cast[2].member_id,
        kind="complaint",
        subject="蛋糕退款后积分成了负数",
        words=Words("退货我理解，但为什么还欠着积分？希望有人打电话说明一下。"),
        at=now - timedelta(hours=30),
        store_id=stores["HZ03"].pk,
    )
    _disputed(cast[4], desk, now=now)


def _settled(
    person: Person, desk: User, asked: tuple[str, str, str], *, at: datetime, hours: int
) -> None:
    subject, text, answer = asked
    ticket = tickets.open_ticket(
        member_id=person.member_id, kind="question", subject=subject, words=Words(text), at=at
    ).ticket
    later = at + timedelta(hours=hours)
    ticket_desk.answer(ticket_id=ticket.pk, staff=desk, text=answer, at=later)
    tickets.close(
        member_id=person.member_id, number=ticket.number, at=later + timedelta(minutes=20)
    )


def _answered(person: Person, desk: User, *, now: datetime) -> None:
    ticket = tickets.open_ticket(
        member_id=person.member_id,
        kind="suggestion",
        subject="希望出低糖的海盐卷",
        words=Words("海盐卷很好吃，就是偏甜。能不能出一款低糖的？"),
        at=now - timedelta(hours=20),
    ).ticket
    ticket_desk.answer(
        ticket_id=ticket.pk,
        staff=desk,
        text="谢谢建议！低糖版已在试做，下个月请您来尝。",
        at=now - timedelta(hours=16),
    )


def _disputed(person: Person, desk: User, *, now: datetime) -> None:
    """Above the threshold: the answer waits for a second person, and the ticket says so."""
    rows = selectors.entries(person.member_id)
    earned = rows.filter(kind="earn", reference__startswith="receipt:").first()
    if earned is None:
        return
    ticket = disputes.open_dispute(
        member_id=person.member_id,
        entry_id=earned.pk,
        text="当天是会员日，应该双倍，少算了。",
        at=now - timedelta(hours=3),
    ).ticket
    ticket_desk.note(
        ticket_id=ticket.pk,
        staff=desk,
        text="收银机那天断网，补传的小票时间不对，核实无误。",
        at=now - timedelta(hours=2),
    )
    disputes.correct(
        ticket_id=ticket.pk,
        points=3000,
        text="核实了，是我们的收银机时间有误，已为您补上，抱歉。",
        key=f"demo:dispute:{ticket.number}",
        staff=desk,
        at=now - timedelta(hours=1),
    )
