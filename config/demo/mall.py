"""The demo's mall: its shelves on the opening day, and orders in every state at the end."""

import secrets
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from itertools import count

from config.demo.drawings import drawing
from config.demo.people import Person
from config.demo.rewards import CATEGORIES, CODES, GOODS, SHELVES, Good
from mall.models import (
    CouponTemplate,
    MallSettings,
    Redemption,
    Reward,
    RewardCategory,
    RewardPicture,
    RewardPrice,
    Shelf,
    Variant,
    Wish,
)
from mall.policies import texts
from mall.services import catalogue, codes, gallery, progress, redemption, returns, search, stock
from mall.services.orders import Order
from members.models import Address
from members.services import addresses
from stores.exceptions import Refusal
from stores.models import Store
from stores.services import pictures
from stores.services.pictures import Rendered
from tiers.models import Level

_keys = count(1)
# A point is worth a fen at the till, and more on the shelves: the owner means it so.
_MARGIN = Decimal(250)
_STAFF = "demo"
_TEXT = "{line}。\n\n由晴川茶点提供，图为示意，以实物为准。"
_TEXT_EN = "{line}.\n\nFrom Qingchuan Tea and Bakery. The drawing is a likeness."
_CODES = 60


def open_mall(*, at: datetime) -> None:
    """Everything on its shelf, as the owner put it there on the opening day."""
    MallSettings.objects.create(pk=1, target_margin=_MARGIN)
    categories = {
        code: RewardCategory.objects.create(code=code, name=name, name_en=english, position=place)
        for place, (code, name, english) in enumerate(CATEGORIES)
    }
    levels = {level.code: level for level in Level.objects.all()}
    shelves = {
        code: Shelf.objects.create(
            code=code,
            name=name,
            name_en=english,
            words=words,
            words_en=words_en,
            level=levels.get(level or ""),
            position=place,
        )
        for place, (code, name, english, words, words_en, level) in enumerate(SHELVES)
    }
    for place, good in enumerate(GOODS):
        reward = _reward(good, place, categories[good.category], shelves[good.shelf], levels, at)
        _variants(good, reward, at)
        _picture(good, reward)
        _prices(reward, levels)
        if reward.kind != Reward.Kind.EXPERIENCE:
            catalogue.put_on(reward_id=reward.pk, at=at - timedelta(hours=place))
    search.rebuild()


def _reward(
    good: Good,
    place: int,
    category: RewardCategory,
    shelf: Shelf,
    levels: Mapping[str, Level],
    at: datetime,
) -> Reward:
    money, cost, value = good.yuan
    more = dict(good.more)
    if "level" in more:
        more["level"] = levels[str(more["level"])]
    return Reward.objects.create(
        code=good.code,
        kind=good.kind,
        name=good.name,
        name_en=good.name_en,
        summary=good.line,
        summary_en=good.line_en,
        description=texts.cleaned(_TEXT.format(line=good.line)),
        description_en=texts.cleaned(_TEXT_EN.format(line=good.line_en)),
        category=category,
        shelf=shelf,
        points=good.points,
        money=money,
        cost=cost,
        market_value=value,
        coupon_template=_coupon(good, at) if good.kind == Reward.Kind.COUPON else None,
        position=place,
        popularity=good.popularity,
        created_at=at,
        **more,
    )


def _coupon(good: Good, at: datetime) -> CouponTemplate:
    amount = {} if good.code == "free-delivery" else {"amount": Decimal(5)}
    return CouponTemplate.objects.create(
        code=good.code,
        name=good.name,
        name_en=good.name_en,
        kind="cash" if amount else "free_delivery",
        days=30,
        is_on=True,
        created_at=at,
        **amount,
    )


def _variants(good: Good, reward: Reward, at: datetime) -> None:
    if reward.kind == Reward.Kind.EXPERIENCE:
        return  # their dates lie ahead of the demo's day: see `right_now`
    for number, (name, english, left, extra) in enumerate(good.variants, 1):
        is_virtual = reward.kind == Reward.Kind.VIRTUAL
        variant = Variant.objects.create(
            reward=reward,
            sku=f"{good.code.upper()}-{number}",
            name=name,
            name_en=english,
            extra_points=extra,
            is_counted=left is not None or is_virtual,
        )
        if is_virtual:
            codes.bring_in(
                variant_id=variant.pk,
                codes=[f"{CODES[good.code]}-{secrets.token_hex(5).upper()}" for _ in range(_CODES)],
                name="开业备货",
                valid_until=None,
                actor=_STAFF,
                at=at,
            )
        elif left:
            stock.restock(
                variant_id=variant.pk, quantity=left, note="开业备货", actor=_STAFF, at=at
            )


def _picture(good: Good, reward: Reward) -> None:
    picture = RewardPicture(reward=reward, words=good.name, words_en=good.name_en)
    gallery.set_file(picture=picture, rendered=_rendered(good.motif, good.palette))
    picture.save()


@lru_cache(maxsize=64)
def _rendered(motif: str, palette: str) -> Rendered:
    return pictures.rendered(drawing(motif, palette), widths=RewardPicture.WIDTHS)


def _prices(reward: Reward, levels: Mapping[str, Level]) -> None:
    if reward.code in ("latte", "cup", "drip-coffee"):
        share = Decimal("0.9")
        RewardPrice.objects.create(
            reward=reward,
            level=levels["gold"],
            points=int(reward.points * share),
            money=reward.money,
        )


def right_now(cast: list[Person], stores: Mapping[str, Store], *, now: datetime) -> None:
    """What a visitor finds today: dates ahead, a limited price, wishes, orders in every state."""
    _dates_ahead(now)
    Reward.objects.filter(code="new-cup").update(starts_at=now + timedelta(days=20))
    for code, points, hours in (("latte", 198, 51), ("beans", 240, 20)):
        reward = Reward.objects.get(code=code)
        RewardPrice.objects.create(
            reward=reward, points=points, money=reward.money, ends_at=now + timedelta(hours=hours)
        )
    found = [person.member_id for person in cast if person.member_id]
    if not found:
        return
    member_id = found[0]
    for place, code in enumerate(("cup", "gaiwan", "kettle", "tea-class")):
        Wish.objects.create(
            member_id=member_id,
            reward=Reward.objects.get(code=code),
            wished_at=now - timedelta(days=place),
        )
    with suppress(Refusal):  # a short year leaves too few points for all of them
        _first_orders(member_id, stores["HZ01"], now)
    with suppress(Refusal):
        _second_orders(found[-1], now)


def _dates_ahead(now: datetime) -> None:
    evening = now.replace(hour=6, minute=0, second=0, microsecond=0)
    for place, code in enumerate(("tea-class", "tasting", "baking")):
        reward = Reward.objects.get(code=code)
        for week in (1, 2):
            begins = evening + timedelta(days=7 * week + place)
            variant = Variant.objects.create(
                reward=reward,
                sku=f"{code.upper()}-{begins:%m%d}",
                starts_at=begins,
                ends_at=begins + timedelta(hours=2),
                place="湖滨店二楼",
            )
            seats = 12 if week == 2 else 3
            stock.restock(variant_id=variant.pk, quantity=seats, note="座位", actor=_STAFF, at=now)
        reward.refresh_from_db()
        catalogue.put_on(reward_id=reward.pk, at=now)


def _first_orders(member_id: int, store: Store, now: datetime) -> None:
    """To use, to pick up, taken back, on its way, a coupon, and goods that go back."""
    _redeem(member_id, "roll", now)
    waiting = _redeem(member_id, "coasters", now, delivery="pick_up", pick_up_store_id=store.pk)
    progress.confirm(redemption_id=waiting.pk, actor=_STAFF, at=now)
    gone = _redeem(member_id, "priority", now)
    progress.cancel(redemption_id=gone.pk, actor=f"member:{member_id}", at=now, member_id=member_id)
    _send(_by_post(member_id, "coasters", now), "顺丰速运", "SF1399202611220", now)
    _redeem(member_id, "free-delivery", now)
    here = _by_post(member_id, "coasters", now)
    _send(here, "中通快递", "ZT7712046531", now)
    progress.complete(redemption_id=here.pk, actor=_STAFF, at=now, member_id=member_id)
    returns.ask(
        redemption_id=here.pk,
        member_id=member_id,
        quantity=1,
        reason="damaged",
        words="有一枚杯垫裂了",
        at=now,
    )


def _second_orders(member_id: int, now: datetime) -> None:
    """One to be paid, and one to be confirmed."""
    _by_post(member_id, "beans", now)
    _by_post(member_id, "coasters", now)


def _by_post(member_id: int, code: str, now: datetime) -> Redemption:
    home = _home(member_id, now)
    return _redeem(member_id, code, now, delivery="ship", address_id=home)


def _send(order: Redemption, carrier: str, number: str, now: datetime) -> None:
    progress.ship(
        redemption_id=order.pk, carrier=carrier, tracking_number=number, actor=_STAFF, at=now
    )


def _home(member_id: int, now: datetime) -> int:
    known = Address.objects.of(member_id).first()
    if known is not None:
        return known.pk
    content = addresses.Content("收货人", "13800000001", "330106", "文三路 90 号 3 幢 502")
    return addresses.add(member_id=member_id, content=content, at=now).pk


def _redeem(member_id: int, code: str, now: datetime, **values: object) -> Redemption:
    reward = Reward.objects.get(code=code)
    variant = reward.variants.order_by("position", "pk")[0]
    order = Order(reward_id=reward.pk, variant_id=variant.pk, quantity=1, **values)  # type: ignore[arg-type]  # the scene's own
    return redemption.redeem(
        member_id=member_id,
        order=order,
        caller=f"member:{member_id}",
        key=f"demo-{next(_keys)}",
        actor=f"member:{member_id}",
        at=now,
    ).redemption
