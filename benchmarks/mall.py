"""P3, P4: whole redemptions over HTTP, beside the same bookkeeping as one SQL function.

The product is served as it is in service, by gunicorn; the clients are processes with one
connection each that read no more of an answer than its status.
"""

import http.client
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from statistics import median

from django.db import connection

from benchmarks.callers import PORT, Callers
from benchmarks.clients import FLOOR, PgBench
from benchmarks.report import Report
from mall.models import Redemption, Reward, Variant
from mall.services import stock
from members.models import DeviceSession, Member
from members.services import sessions
from points.selectors import audit
from stores.models import Store

_PLENTY = 10**9


def run(report: Report, *, first: int, last: int, url: str, rounds: int, seconds: float) -> None:
    """Both goals in one run, on members `first` to `last`."""
    shop = Store.objects.get_or_create(code="bench", defaults={"name": "bench"})[0]
    items = [_item(number) for number in range(100)]
    tokens = _tokens(first, min(last, first + 1999))
    with _serving(url):
        report.title(
            f"Redemption over HTTP, 8 clients, {rounds} rounds of {seconds:g} s",
            "what", "ours/s", "floor/s", "ratio", "p50 ms", "p99 ms", "p99÷p50", "goal",
        )  # fmt: skip
        clients = Callers(8, tokens, shop.code)
        _beside_the_floor(report, clients, items, first, last, url, rounds, seconds)
        clients.close()
        clients = Callers(16, tokens, shop.code)
        _one_or_many(report, clients, items, rounds, seconds)
        _to_the_last_piece(report, clients, seconds)
        clients.close()
    _check(report)


def _beside_the_floor(
    report: Report,
    clients: Callers,
    items: list[Reward],
    first: int,
    last: int,
    url: str,
    rounds: int,
    seconds: float,
) -> None:
    floor = PgBench(url, 8)
    variants = list(Variant.objects.filter(reward__in=items).values_list("pk", flat=True))
    FLOOR["redemption"] = (
        f"\\set v random({min(variants)}, {max(variants)})\n"
        "SELECT floor_redeem(:m, 3, 'f:' || :r, :v, (:r)::text);"
    )
    codes = [item.code for item in items]
    clients.run(codes, 1.0)
    ours, theirs, latencies = [], [], []
    for turn in range(rounds):
        for mine in (True, False) if turn % 2 else (False, True):
            if mine:
                done = clients.run(codes, seconds)
                done.must_be({201})
                ours.append(done.count / seconds)
                latencies += done.latencies
            else:
                theirs.append(floor.run("redemption", seconds, first, last).per_second)
    ratio = median(a / b for a, b in zip(ours, theirs, strict=True))
    latencies.sort()
    p50, p99 = (latencies[int(len(latencies) * share)] for share in (0.5, 0.99))
    report.row(
        "redeem",
        f"{median(ours):,.0f}",
        f"{median(theirs):,.0f}",
        f"{ratio:.2f}",
        f"{p50:.1f}",
        f"{p99:.1f}",
        f"{p99 / p50:.1f}",
        "P3 ≥ 0.30; p99 ≤ 5 × p50",
    )


def _one_or_many(
    report: Report, clients: Callers, items: list[Reward], rounds: int, seconds: float
) -> None:
    codes = [item.code for item in items]
    report.title(
        f"16 clients on one item ÷ on 100, {rounds} rounds of {seconds:g} s",
        "what", "one/s", "hundred/s", "ratio", "goal",
    )  # fmt: skip
    one: list[float] = []
    many: list[float] = []
    clients.run(codes, 1.0)
    for turn in range(rounds):
        for is_one in (True, False) if turn % 2 else (False, True):
            done = clients.run(codes[:1] if is_one else codes, seconds)
            done.must_be({201})
            (one if is_one else many).append(done.count / seconds)
    ratio = median(a / b for a, b in zip(one, many, strict=True))
    report.row("redeem", f"{median(one):,.0f}", f"{median(many):,.0f}", f"{ratio:.2f}", "P4 ≥ 0.85")


def _to_the_last_piece(report: Report, clients: Callers, seconds: float) -> None:
    """A limited stock that is asked for until after its end."""
    item = _item(1000, pieces=500)
    done = clients.run([item.code], max(seconds, 3.0))
    done.must_be({201, 409})
    variant = item.variants.get()
    granted = done.statuses[201]
    oversold = max(granted - 500, 0) + max(-variant.remaining, 0)
    # Whoever was told that nothing is left while pieces were: fewer than all were given.
    in_vain = 500 - granted if done.statuses[409] else 0
    report.row("500 pieces: oversold, in vain", oversold, in_vain, "", "0; 0")
    if variant.remaining + variant.reserved != 500 or variant.reserved != granted:
        raise RuntimeError(f"stock does not add up: {variant.remaining}, {variant.reserved}")


def _check(report: Report) -> None:
    """A violation voids the run."""
    breaches = audit.run().breaches
    wrong = [name for name, found in breaches.items() if found]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT COUNT(*) FROM mall_redemption r WHERE r.caller <> 'floor' AND NOT EXISTS ("
            "SELECT 1 FROM points_entry e WHERE e.reference = 'redemption:' || r.number "
            "AND e.d_available = -r.points)"
        )
        orphans = cursor.fetchone()[0]
    # The floor's own hash is not ours: the chains that it wrote are not looked at.
    wrong = [name for name in wrong if name != "I4"]
    if wrong or orphans:
        raise RuntimeError(f"the run is void: {wrong}, {orphans} orders without their spend")
    report.say(f"checked: {Redemption.objects.count():,} orders, every one with its spend")


def _item(number: int, *, pieces: int = _PLENTY) -> Reward:
    now = datetime.now(UTC)
    code = f"bench-{secrets.token_hex(4)}-{number}"
    reward = Reward.objects.create(
        code=code, kind="physical", state="on", name=code, points=3, can_pick_up=True,
        created_at=now, listed_at=now,
    )  # fmt: skip
    variant = Variant.objects.create(reward=reward, sku=code)
    stock.restock(variant_id=variant.pk, quantity=pieces, note="bench", actor="bench", at=now)
    return reward


def _tokens(first: int, last: int) -> list[str]:
    now = datetime.now(UTC)
    return [
        sessions.open_session(
            member=Member(pk=pk), kind=DeviceSession.Kind.API, user_agent="bench", at=now
        ).access_token
        for pk in range(first, last + 1)
    ]


@contextmanager
def _serving(url: str) -> Iterator[None]:
    environment = os.environ | {
        "DATABASE_URL": url, "HOST": "127.0.0.1", "PORT": str(PORT), "HTTPS": "false",
        "WEB_CONCURRENCY": "2", "WEB_THREADS": "8",
    }  # fmt: skip
    command = [sys.executable, "-m", "gunicorn", "-c", "config/gunicorn.py", "config.wsgi"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as process:
        try:
            _wait()
            yield
        finally:
            process.terminate()


def _wait() -> None:
    for _attempt in range(100):
        try:
            asked = http.client.HTTPConnection("localhost", PORT, timeout=2)
            asked.request("GET", "/healthz")
            asked.getresponse().read()
            return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError("the web process does not answer")
