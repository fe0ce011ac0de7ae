"""A page of the catalogue for a signed-in member: server time with so many rewards.

Run in this process for PostgreSQL, and in one of its own whose settings name a SQLite file.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.report import Report

GOAL = "≤ 50 ms"
_WORDS = (
    "龙井乌龙茉莉桂花拿铁咖啡保温杯帆布袋青瓷盖碗吐司蛋糕礼盒会员月卡里程体验课手冲豆月饼书签雨伞"
)
# Pages as members open them; the last ones have to look at every reward.
PAGES = (
    ("recommended", ""),
    ("popular, third page", "?sort=popular&page=3"),
    ("own price, ascending", "?sort=points"),
    ("I can redeem, own price", "?affordable=true&in_stock=true&sort=-points"),
    ("category, points from to", "?category=c3&min_points=200&max_points=900"),
    ("search, two signs", "?q=龙井"),
    ("search, rare words, in stock", "?q=青瓷盖碗&in_stock=true"),
)


def fill(rewards: int) -> int:
    """Rewards with variants, prices for levels and times, an index; returns a member's id."""
    from mall.models import Reward, RewardCategory
    from mall.services import search
    from points.services import ledger
    from tiers.models import Level, Standing, TierProgram

    random, now = Random(7), datetime.now(UTC)
    program, _made = TierProgram.objects.get_or_create(pk=1)
    levels = [
        Level.objects.get_or_create(
            code=f"bench{rank}",
            defaults={"program": program, "name": f"L{rank}", "rank": 20 + rank},
        )[0]
        for rank in range(4)
    ]
    categories = [
        RewardCategory.objects.get_or_create(code=f"c{n}", defaults={"name": f"类{n}"})[0]
        for n in range(10)
    ]
    made = Reward.objects.bulk_create(
        [
            Reward(
                code=f"bench-{n}",
                kind=random.choice(Reward.Kind.values),
                state=Reward.State.ON,
                name="".join(random.choices(_WORDS, k=8)),
                summary="".join(random.choices(_WORDS, k=20)),
                description="<p>" + "".join(random.choices(_WORDS, k=120)) + "</p>",
                category=random.choice(categories),
                level=random.choice(levels) if n % 7 == 0 else None,
                points=random.randrange(50, 20_000, 10),
                position=random.randrange(1000),
                popularity=random.randrange(500),
                ever_max=1 if n % 11 == 0 else None,
                ends_at=now + timedelta(days=9) if n % 13 == 0 else None,
                can_ship=True,
                created_at=now,
                listed_at=now - timedelta(minutes=n),
            )
            for n in range(rewards)
        ],
        batch_size=1000,
    )
    _parts(made, levels, random, now)
    search.rebuild()
    member_id = _member(now)
    Standing.objects.get_or_create(
        member_id=member_id,
        defaults={"level": levels[2], "since": now.date(), "changed_at": now},
    )
    ledger.earn(
        member_id=member_id,
        points=5_000,
        reference="bench:catalogue",
        source="purchase",
        actor="bench",
        at=now,
        expires_at=now + timedelta(days=365),
    )
    return member_id


def _parts(made: list, levels: list, random: Random, now: datetime) -> None:  # type: ignore[type-arg]  # models are imported late
    from mall.models import RewardPrice, Variant

    Variant.objects.bulk_create(
        [
            Variant(
                reward=reward,
                sku=f"B{reward.pk}-{n}",
                stocked=left,
                remaining=left,
                is_counted=left > 0 or reward.pk % 5 == 0,
            )
            for reward in made
            for n in range(1 + reward.pk % 2)
            for left in [random.choice([0, 5, 100])]
        ],
        batch_size=1000,
    )
    RewardPrice.objects.bulk_create(
        [
            RewardPrice(
                reward=reward,
                level=random.choice([None, *levels]),
                points=max(1, reward.points * 9 // 10),
                ends_at=now + timedelta(days=5) if reward.pk % 2 else None,
            )
            for reward in made
            if reward.pk % 3 == 0
        ],
        batch_size=1000,
    )


def _member(now: datetime) -> int:
    from members.services import registration

    return registration.register(phone="13999990000", name="基准", at=now, source="web").pk


def run(report: Report, *, rewards: int, rounds: int) -> None:
    """PostgreSQL here, then SQLite in a process of its own."""
    measure(report, rewards=rewards, rounds=rounds)
    with tempfile.TemporaryDirectory(prefix="judian-bench-") as folder:
        path = Path(folder) / "bench.sqlite3"
        command = [sys.executable, "-m", "benchmarks.catalogue", str(rewards), str(rounds)]
        environment = {**os.environ, "DATABASE_URL": f"sqlite:///{path}", "REDIS_URL": ""}
        subprocess.run(command, check=True, env=environment, stdout=sys.stdout, stderr=sys.stderr)


def measure(report: Report, *, rewards: int, rounds: int) -> None:
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    member_id = fill(rewards)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    report.title(
        f"Catalogue of {rewards:,} rewards, {connection.vendor}, a member signed in",
        "page",
        "API p50 ms",
        "API p95 ms",
        "page p95 ms",
        "goal",
    )
    program, browser = _clients(member_id)
    for name, query in PAGES:
        api = _times(program.get, f"/api/v1/mall/rewards{query}", rounds)
        html = _times(browser.get, f"/mall/rewards/{query.replace('=true', '=on')}", rounds)
        report.row(name, f"{_at(api, 50)}", f"{_at(api, 95)}", f"{_at(html, 95)}", GOAL)
    front = _times(browser.get, "/mall/", rounds)
    report.row("the mall's front", "", "", f"{_at(front, 95)}", GOAL)


def _clients(member_id: int) -> tuple[Any, Any]:
    from django.test import Client

    from members.models import DeviceSession, Member
    from members.services import sessions
    from members.views import SESSION_COOKIE

    member = Member.objects.get(pk=member_id)
    tokens = [
        sessions.open_session(
            member=member, kind=kind, user_agent="bench", at=datetime.now(UTC)
        ).access_token
        for kind in (DeviceSession.Kind.API, DeviceSession.Kind.WEB)
    ]
    program = Client(headers={"Authorization": f"Bearer {tokens[0]}", "Host": "localhost"})
    browser = Client(headers={"Host": "localhost"})
    browser.cookies[SESSION_COOKIE] = tokens[1]
    return program, browser


def _times(get: Callable[..., object], address: str, rounds: int) -> list[float]:
    found = []
    for _ in range(rounds + 3):
        start = time.perf_counter()
        answer = get(address, secure=True)
        found.append((time.perf_counter() - start) * 1000)
        if getattr(answer, "status_code", 0) != 200:
            raise RuntimeError(f"{address}: {getattr(answer, 'status_code', '')}")
    return sorted(found[3:])  # the first ones warm up what a server keeps warm


def _at(times: list[float], percent: int) -> str:
    return f"{times[min(len(times) - 1, len(times) * percent // 100)]:.1f}"


if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    measure(Report(), rewards=int(sys.argv[1]), rounds=int(sys.argv[2]))
