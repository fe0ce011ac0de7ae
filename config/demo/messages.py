"""The demo's messages: what the last weeks have told the members, and what the shop announces."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import F

from config.demo.people import Person
from notifications.models import Announcement, Message, MessageTemplate, NotedFact, Notice
from notifications.services import announcements, noting
from notifications.services.telling import Fact
from points.selectors import balances
from sales.models import Receipt

_KEPT = timedelta(days=30)
_READ = timedelta(days=2)
_RECEIPTS = 4


def tell(*, cast: Sequence[Person], now: datetime) -> None:
    """Tell what was noted within a month, as of its own minute, and let the shop announce."""
    NotedFact.objects.filter(at__lt=now - _KEPT).delete()
    for person in cast:
        _purchases(person, now=now)
    noting.tell_noted(now=now)
    _word(now=now)
    _announce(now=now)
    Notice.objects.filter(created_at__lt=now - _READ).update(
        read_at=F("created_at") + timedelta(hours=2)
    )
    _deliver(now=now)


def _purchases(person: Person, *, now: datetime) -> None:
    """The till's receipts came in files here, of which nobody is told; these few came live."""
    receipts = Receipt.objects.filter(
        member_id=person.member_id, points_earned__gt=0, occurred_at__gt=now - _KEPT
    )
    for receipt in receipts.select_related("store").order_by("-occurred_at")[:_RECEIPTS]:
        fact = Fact(
            member_id=person.member_id,
            kind=Notice.Kind.POINTS_EARNED,
            reference=f"receipt:{receipt.store_id}:{receipt.number}",
            context={
                "points": receipt.points_earned,
                "balance": balances.balance(person.member_id, at=now).available,
                "store": receipt.store.name,
                "source": noting.named("消费", "purchase"),
            },
            link="/points/",
            points=receipt.points_earned,
        )
        noting.note([fact], at=receipt.occurred_at)


def _word(*, now: datetime) -> None:
    MessageTemplate.objects.create(
        kind=Notice.Kind.POINTS_EXPIRING,
        channel=MessageTemplate.Channel.SMS,
        language="zh-hans",
        body="【晴川茶点】您有 {points} 积分将于 {day} 到期，约可抵 {yuan} 元，记得来用哦。",
        updated_at=now - timedelta(days=40),
        updated_by="admin",
    )
    MessageTemplate.objects.create(
        kind=Notice.Kind.REDEMPTION,
        event="shipped",
        channel=MessageTemplate.Channel.INBOX,
        language="zh-hans",
        subject="{reward} 已发货",
        body="您兑换的 {reward} 已由 {carrier} 发出，运单号 {waybill}。",
        updated_at=now - timedelta(days=12),
        updated_by="admin",
    )


def _announce(*, now: datetime) -> None:
    """The rules to come have announced themselves; these are the shop's own words."""
    for row in Announcement.objects.filter(state=Announcement.State.SENDING).order_by("pk"):
        announcements.send_due(now=row.publish_at or now)
    at = now - timedelta(hours=20)
    shown = Announcement.objects.create(
        title_zh="本周末茶艺课开放积分兑换",
        body_zh="周六、周日下午两点，西湖店开设亲子茶艺课，每位 800 积分，名额 12 个，兑完即止。\n"
        "兑换后可在“订单”中查看到店码，开课前一天可免费取消。",
        title_en="Tea class this weekend, for points",
        body_en="Saturday and Sunday at two in our West Lake store: 800 points a place, twelve "
        "places. You can cancel until the day before.",
        link="/mall/",
        is_marketing=False,
        shown_until=now + timedelta(days=6),
        created_by="admin",
        created_at=at,
    )
    announcements.publish(announcement_id=shown.pk, publish_at=None, at=at)
    announcements.send_due(now=at)
    Announcement.objects.create(
        title_zh="双十二会员日",
        body_zh="12 月 12 日全场双倍积分，敬请期待。",
        created_by="admin",
        created_at=now - timedelta(hours=1),
    )


def _deliver(*, now: datetime) -> None:
    """What left in the past has left; one went wrong, so that there is something to look at."""
    past = Message.objects.filter(due_at__lt=now - timedelta(hours=1), notice__isnull=False)
    past.update(
        state=Message.State.SENT,
        attempts=1,
        result="demo",
        finished_at=F("due_at") + timedelta(seconds=3),
    )
    last = past.order_by("-pk").first()
    if last is not None:
        Message.objects.filter(pk=last.pk).update(
            state=Message.State.FAILED,
            result="停机或空号",
            error_code="isv.MOBILE_NUMBER_ILLEGAL",
            attempts=2,
        )
