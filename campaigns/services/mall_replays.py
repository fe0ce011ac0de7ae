"""Playing a preset's cases of the mall: through the services that members meet, and taken back.

The services need their tables, so a case is played with rewards, coupons, levels and members of
its own, in a transaction that is always rolled back: nothing of it stays, and nothing of the
merchant's is used but the tables themselves. What an app above plays (points as money) it
registers here.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db import transaction

from campaigns.policies.presets import Preset, Vector
from campaigns.policies.presets.malls import CouponPlan, MallStep, RewardPlan
from campaigns.services import preset_malls
from mall.models import Coupon, CouponTemplate, MallSettings, Reward, Variant
from mall.policies.coupons import Line
from mall.services import coupon_claims, coupon_templates, coupons, redemption
from mall.services.orders import Order
from members.models import Member, Segment, SegmentMember
from points.selectors import balances
from points.services import ledger
from stores.exceptions import Refusal
from stores.models import Store
from tiers.models import Level, Standing, TierProgram

NOON = datetime(2026, 3, 6, 12, tzinfo=ZoneInfo("Asia/Shanghai"))
_RANK = 30_000
_ACTOR = "preset"

# What an app above plays: settings of the preset and a step, to the figures that came out.
Player = Callable[[Mapping[str, Any], MallStep, Mapping[str, int]], Mapping[str, Any]]
_players: dict[str, Player] = {}
_names = count(1)


class Mismatch(NamedTuple):
    """Where a step came out otherwise."""

    step: int
    what: str
    expected: str
    actual: str


class _TakenBack(Exception):
    pass


def register(act: str, player: Player) -> None:
    """Let an app above play the steps of `act`."""
    _players[act] = player


def play(preset: Preset, vector: Vector) -> list[Mismatch]:
    """Where the case's steps in the mall come out otherwise. Whatever they write is taken back."""
    found: list[Mismatch] = []
    if not vector.mall:
        return found
    if all(step.act in _players for step in vector.mall):
        return [
            one for n, step in _numbered(vector) for one in _compared(n, step, _above(preset, step))
        ]
    try:
        with transaction.atomic():
            scene = _Scene(preset)
            for number, step in _numbered(vector):
                found += _compared(number, step, scene.play(step))
            raise _TakenBack
    except _TakenBack:
        return found


def _numbered(vector: Vector) -> Iterator[tuple[int, MallStep]]:
    yield from enumerate(vector.mall, start=1)


def _above(preset: Preset, step: MallStep) -> Mapping[str, Any]:
    """What an app above plays, without a table."""
    settings = {**preset.mall.deduction, **step.terms}
    return _players[step.act](settings, step, {"points_per_yuan": 100, **preset.ledger})


def _compared(number: int, step: MallStep, actual: Mapping[str, Any]) -> Iterator[Mismatch]:
    refusals = {"refused": ""} if "given" not in step.expected else {}
    for what, expected in (refusals | dict(step.expected)).items():
        came_out = actual.get(what, "" if what == "refused" else None)
        if expected != came_out:
            yield Mismatch(number, what, str(expected), str(came_out))


class _Scene:
    """A mall of its own inside of the merchant's tables, under names that nobody else has."""

    def __init__(self, preset: Preset) -> None:
        self.preset = preset
        self.store = Store.objects.create(code=_name(), name=preset.name)
        MallSettings.objects.update_or_create(pk=1, defaults={"is_open": True})
        self.levels = self._make_levels()
        self.segments: dict[str, Segment] = {}
        self.templates = {plan.code: self._template(plan) for plan in preset.mall.coupons}
        self.codes = {plan.public_code: plan.code for plan in preset.mall.coupons}
        self.rewards = {plan.code: self._reward(plan) for plan in preset.mall.rewards}

    def play(self, step: MallStep) -> Mapping[str, Any]:
        """What came of a step: the last refusal's code, how often it worked, what is left."""
        if step.act in _players:
            return _above(self.preset, step)
        act = {"redeem": self._redeem, "use": self._use, "claim": self._claim}.get(step.act)
        if act is None:
            return {}
        given, outcome = 0, {}
        for _person in range(step.people):
            member = self._member(step)
            for _time in range(step.times):
                try:
                    with transaction.atomic():
                        outcome = dict(act(step, member))
                except Refusal as refusal:
                    outcome |= {"refused": refusal.code}
                else:
                    given += 1
            outcome["left"] = balances.balance(member.pk, NOON).available
        return outcome | {"given": given}

    def _redeem(self, step: MallStep, member: Member) -> Mapping[str, Any]:
        reward, variant = self.rewards[step.of]
        is_goods = reward.kind == Reward.Kind.PHYSICAL
        redemption.redeem(
            member_id=member.pk,
            order=Order(
                reward_id=reward.pk,
                variant_id=variant.pk,
                quantity=1,
                pick_up_store_id=self.store.pk if is_goods else None,
            ),
            caller=_ACTOR,
            key=_name(),
            actor=_ACTOR,
            at=NOON,
        )
        return {"coupons": Coupon.objects.filter(member=member).count()}

    def _use(self, step: MallStep, member: Member) -> Mapping[str, Any]:
        (coupon,) = coupons.issue(
            template_id=self.templates[step.of].pk,
            member_id=member.pk,
            quantity=1,
            source=Coupon.Source.CAMPAIGN,
            reference=_name(),
            actor=_ACTOR,
            at=NOON,
        )
        order = _name()
        held = coupons.lock(
            member_id=member.pk,
            store_id=self.store.pk,
            lines=_basket(step),
            codes=[coupon.code],
            order=order,
            until=NOON + timedelta(minutes=15),
            actor=_ACTOR,
            at=NOON,
        )
        coupons.use(store_id=self.store.pk, order=order, actor=_ACTOR, at=NOON)
        return {"yuan": held[0].yuan}

    def _claim(self, step: MallStep, member: Member) -> Mapping[str, Any]:
        template = self.templates[self.codes[step.of]]
        coupon_claims.give(template, member.pk, _name(), actor=_ACTOR, at=NOON)
        return {"coupons": Coupon.objects.filter(member=member).count()}

    def _member(self, step: MallStep) -> Member:
        member = Member.objects.create(number=_name(), joined_at=NOON)
        if step.balance:
            ledger.earn(
                member_id=member.pk,
                points=step.balance,
                reference=_name(),
                source="purchase",
                actor=_ACTOR,
                at=NOON,
                expires_at=NOON + timedelta(days=365),
            )
        if step.tier:
            level = self.levels[step.tier]
            Standing.objects.create(member=member, level=level, since=NOON.date(), changed_at=NOON)
        for code in step.segments:
            SegmentMember.objects.create(segment=self._segment(code), member=member, since=NOON)
        return member

    def _make_levels(self) -> dict[str, Level]:
        """The levels that the preset names, lowest first, above all of the merchant's."""
        wanted = self.preset.mall.tiers
        if not wanted:
            return {}
        program, _made = TierProgram.objects.get_or_create(pk=1)
        return {
            code: Level.objects.create(program=program, code=_name(), name=code, rank=_RANK + nth)
            for nth, code in enumerate(wanted)
        }

    def _segment(self, code: str) -> Segment:
        if code not in self.segments:
            self.segments[code] = Segment.objects.create(
                code=_name(), name=code, kind=Segment.Kind.LIST, created_at=NOON
            )
        return self.segments[code]

    def _template(self, plan: CouponPlan) -> CouponTemplate:
        values = preset_malls.coupon_values(plan) | {
            "code": _name(),
            "public_code": "",
            "is_on": True,
            "segments": [self._segment(code).code for code in plan.segments],
        }
        return coupon_templates.save(template_id=None, values=values, actor=_ACTOR, at=NOON)

    def _reward(self, plan: RewardPlan) -> tuple[Reward, Variant]:
        template = self.templates.get(plan.coupon)
        reward = Reward.objects.create(
            code=_name(),
            kind=plan.kind,
            state=Reward.State.ON,
            name=plan.name,
            points=plan.points,
            money=plan.money,
            ever_max=plan.ever_max,
            level=self.levels.get(plan.tier),
            segment=self._segment(plan.segment).code if plan.segment else "",
            is_by_invitation=plan.invited,
            can_pick_up=plan.kind == Reward.Kind.PHYSICAL,
            coupon_template=template,
            created_at=NOON,
            listed_at=NOON,
        )
        return reward, preset_malls.stock_up(reward, plan.stock, actor=_ACTOR, at=NOON)


def _basket(step: MallStep) -> list[Line]:
    lines = [Line(1, "", (), frozenset(step.labels), "goods", Decimal(1), step.order)]
    if step.freight:
        lines.append(Line(2, "", (), frozenset(), "freight", Decimal(1), step.freight))
    return lines


def _name() -> str:
    """A name that no row of the merchant's has."""
    return f"preset-replay-{next(_names)}"
