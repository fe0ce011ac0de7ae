"""What a reward costs a member, and whether they may have it: the facts in one query.

Both the pages and the service that redeems read them here, so what is shown is what is done.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils.timezone import localtime

from mall.models import MallSettings, Reward, Variant
from mall.models.shelves import in_language
from mall.policies import offers
from mall.policies.offers import Gate, Price, Reason, Shopper, Stock, Terms

_FEN = Decimal("0.01")
_TEN_THOUSANDTHS = 10_000

# The columns in the order of `_Row`. `me` is the member's level, the lowest for who has none.
# The price is the best of those that are for this member now, and none that is dearer.
_FACTS = """
WITH me AS (
    SELECT l.id AS level_id, l.rank AS rank FROM tiers_level l
    WHERE l.id = COALESCE(
        (SELECT s.level_id FROM tiers_standing s WHERE s.member_id = %(member)s),
        (SELECT x.id FROM tiers_level x ORDER BY x.rank LIMIT 1))
), mine AS (
    SELECT g.code AS code FROM members_segmentmember m
    JOIN members_segment g ON g.id = m.segment_id
    WHERE m.member_id = %(member)s AND g.is_active
), had AS (
    SELECT d.placed_at AS placed_at, d.quantity - d.returned_quantity AS pieces, d.reward_id
    FROM mall_redemption d
    WHERE d.member_id = %(member)s AND d.reward_id = %(reward)s AND d.state <> 'cancelled'
)
SELECT v.id, v.extra_points, v.extra_money, v.is_on, v.is_counted, v.remaining, v.starts_at,
       v.ends_at, v.place, v.name, v.name_en, v.sku,
       r.points, r.money, p.points, p.money, p.level_id, p.segment,
       r.state, r.starts_at, r.ends_at,
       sl.rank, sl.name, sl.name_en, rl.rank, rl.name, rl.name_en,
       r.segment, CASE WHEN r.segment = '' THEN 0
                       WHEN EXISTS (SELECT 1 FROM mine WHERE mine.code = r.segment) THEN 1
                       ELSE 0 END,
       r.is_by_invitation, r.spend_min, r.spend_days,
       CASE WHEN r.spend_min IS NULL THEN 0 ELSE
           (SELECT COALESCE(SUM(w.spent), 0) FROM tiers_growthday w
            WHERE w.member_id = %(member)s AND w.day > {since}) END,
       r.order_max, r.day_max, r.month_max, r.ever_max,
       (SELECT COALESCE(SUM(pieces), 0) FROM had WHERE placed_at >= %(day)s),
       (SELECT COALESCE(SUM(pieces), 0) FROM had WHERE placed_at >= %(month)s),
       (SELECT COALESCE(SUM(pieces), 0) FROM had),
       (SELECT rank FROM me),
       (SELECT b.params FROM tiers_levelbenefit b JOIN me ON me.level_id = b.level_id
        WHERE b.kind = 'early_access'),
       (SELECT b.params FROM tiers_levelbenefit b JOIN me ON me.level_id = b.level_id
        WHERE b.kind = 'free_delivery'),
       (SELECT c.is_open FROM mall_mallsettings c WHERE c.id = 1),
       r.low_stock,
       r.code, r.kind, r.name, r.name_en, r.can_ship, r.can_pick_up, r.freight, r.market_value,
       r.voucher_days, r.coupon_template_id,
       (SELECT c.unpaid_minutes FROM mall_mallsettings c WHERE c.id = 1),
       (SELECT c.confirm_within_hours + c.ship_within_hours
        FROM mall_mallsettings c WHERE c.id = 1),
       r.id
FROM mall_reward r
JOIN mall_variant v ON v.reward_id = r.id
LEFT JOIN mall_shelf sh ON sh.id = r.shelf_id
LEFT JOIN tiers_level sl ON sl.id = sh.level_id
LEFT JOIN tiers_level rl ON rl.id = r.level_id
LEFT JOIN mall_rewardprice p ON p.id = (
    SELECT q.id FROM mall_rewardprice q LEFT JOIN tiers_level ql ON ql.id = q.level_id
    WHERE q.reward_id = r.id
      AND (q.level_id IS NULL OR ql.rank <= (SELECT rank FROM me))
      AND (q.segment = '' OR q.segment IN (SELECT code FROM mine))
      AND (q.starts_at IS NULL OR q.starts_at <= %(at)s)
      AND (q.ends_at IS NULL OR q.ends_at > %(at)s)
      AND q.points <= r.points AND q.money <= r.money
    ORDER BY q.points, q.money, q.id LIMIT 1)
WHERE r.id = %(reward)s
ORDER BY v.position, v.id
"""

_REWARD_FIELDS = tuple(field.attname for field in Reward._meta.concrete_fields)
_DEFAULTS = MallSettings()

# The day before the days in which spending counts.
_SINCE = {
    "postgresql": "%(today)s::date - r.spend_days::integer",
    "sqlite": "date(%(today)s, '-' || r.spend_days || ' days')",
}


@dataclass(frozen=True, slots=True)
class Offer:
    """One variant as this member may have it. `price` is of one piece, `usual` for everybody."""

    variant_id: int
    sku: str
    name: str
    price: Price
    usual: Price
    terms: Terms
    stock: Stock
    shopper: Shopper
    ends_at: datetime | None
    place: str
    low_stock: int
    free_delivery_from: Decimal | None
    # As far as an order needs it; whatever else is asked of it is read then.
    reward: Reward
    variant: Variant
    unpaid_minutes: int
    ship_hours: int

    def refusal(self, *, quantity: int, at: datetime) -> Reason | None:
        """The first thing in the way of so many pieces, points aside."""
        return offers.first_refusal(self.terms, self.stock, self.shopper, quantity=quantity, at=at)

    @property
    def most(self) -> int:
        return offers.most(self.terms, self.stock)

    @property
    def is_low(self) -> bool:
        return self.stock.is_counted and 0 < self.stock.remaining <= self.low_stock

    @property
    def is_reduced(self) -> bool:
        return bool(self.price.why)


def offers_of(reward_id: int, member_id: int | None, *, at: datetime) -> list[Offer]:
    """Every variant of the reward, in its order; for a guest with `member_id` None. One query."""
    day = localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)
    stamp = connection.ops.adapt_datetimefield_value
    sql = _FACTS.replace("{since}", _SINCE[connection.vendor])
    with connection.cursor() as cursor:
        cursor.execute(
            sql,
            {
                "reward": reward_id,
                "member": member_id or 0,
                "at": stamp(at),
                "today": day.date().isoformat(),
                "day": stamp(day),
                "month": stamp(day.replace(day=1)),
            },
        )
        found = cursor.fetchall()
    return [_offer(row, member_id) for row in found]


def offer_of(
    variant_id: int, reward_id: int, member_id: int | None, *, at: datetime
) -> Offer | None:
    """One variant of the reward, or None when it has no such one."""
    found = offers_of(reward_id, member_id, at=at)
    return next((offer for offer in found if offer.variant_id == variant_id), None)


def _offer(row: tuple[Any, ...], member_id: int | None) -> Offer:
    variant_id, extra_points, extra_money, is_on, is_counted, remaining, begins = row[:7]
    ends, place, name, name_en, sku = row[7:12]
    points, money, best_points, best_money, price_level, price_segment = row[12:18]
    state, starts_at, ends_at = row[18:21]
    shelf, level = _gate(row[21:24]), _gate(row[24:27])
    segment, is_in, by_invitation, spend_min, spend_days, spent = row[27:33]
    order_max, day_max, month_max, ever_max, in_day, in_month, ever = row[33:40]
    rank, early, delivery, is_open, low_stock = row[40:45]
    unpaid_minutes, ship_hours = row[55:57]
    extra = _money(extra_money)
    usual = Price(points + extra_points, _money(money) + extra)
    price = usual
    if best_points is not None:
        why = "level" if price_level else "segment" if price_segment else "time"
        price = Price(best_points + extra_points, _money(best_money) + extra, why)
        if price.points == usual.points and price.money == usual.money:
            price = usual
    hours = (_params(early) or {}).get("hours", 0)
    free = _params(delivery)
    return Offer(
        variant_id=variant_id,
        sku=sku,
        name=in_language(name, name_en),
        price=price,
        usual=usual,
        terms=Terms(
            is_mall_open=is_open is None or bool(is_open),
            is_on=state == Reward.State.ON,
            starts_at=_instant(starts_at),
            ends_at=_instant(ends_at),
            shelf=shelf,
            level=level,
            segment=segment,
            is_in_segment=bool(is_in),
            is_by_invitation=bool(by_invitation),
            spend_min=None if spend_min is None else _money(spend_min),
            spend_days=spend_days,
            spent=(Decimal(int(spent)) / _TEN_THOUSANDTHS).quantize(_FEN),
            order_max=order_max,
            day_max=day_max,
            month_max=month_max,
            ever_max=ever_max,
            taken_day=int(in_day),
            taken_month=int(in_month),
            taken_ever=int(ever),
        ),
        stock=Stock(bool(is_on), bool(is_counted), remaining, _instant(begins)),
        shopper=Shopper(member_id, rank, timedelta(hours=int(hours))),
        ends_at=_instant(ends),
        place=place,
        low_stock=low_stock,
        free_delivery_from=(None if free is None else _money(free.get("from_yuan") or 0)),
        reward=_reward(row),
        variant=Variant.from_db(
            connection.alias,
            ("id", "reward_id", "sku", "name", "name_en", "is_counted"),
            (variant_id, row[57], sku, name, name_en, bool(is_counted)),
        ),
        unpaid_minutes=unpaid_minutes or _DEFAULTS.unpaid_minutes,
        ship_hours=ship_hours or _DEFAULTS.confirm_within_hours + _DEFAULTS.ship_within_hours,
    )


def _reward(row: tuple[Any, ...]) -> Reward:
    code, kind, name, name_en, can_ship, can_pick_up, freight, value, days, template = row[45:55]
    known = {
        "id": row[57],
        "code": code,
        "kind": kind,
        "name": name,
        "name_en": name_en,
        "can_ship": bool(can_ship),
        "can_pick_up": bool(can_pick_up),
        "freight": _money(freight),
        "market_value": None if value is None else _money(value),
        "voucher_days": days,
        "coupon_template_id": template,
    }
    # In the order of the model's fields, which `from_db` goes by.
    names = [name for name in _REWARD_FIELDS if name in known]
    return Reward.from_db(connection.alias, names, [known[name] for name in names])


def _gate(row: tuple[Any, ...]) -> Gate | None:
    rank, name, name_en = row
    return None if rank is None else Gate(rank, in_language(name, name_en))


def _params(value: str | Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    if value is None:
        return None
    found: Mapping[str, Any] = json.loads(value) if isinstance(value, str) else value
    return found


def _money(value: Any) -> Decimal:
    """SQLite's plain SQL gives a decimal as a float of at most fifteen digits."""
    return Decimal(str(value)).quantize(_FEN)


def _instant(value: datetime | str | None) -> datetime | None:
    if value is None:
        return None
    found = datetime.fromisoformat(value) if isinstance(value, str) else value
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found


def payments_are_possible() -> bool:
    """Whether a part in money can be paid at all."""
    return bool(settings.PAYMENT_PROVIDER)
