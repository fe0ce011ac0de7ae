"""P9 and P10: judging one receipt by fifty rules, and a draft over a hundred thousand receipts."""

import os
import random
import subprocess
import sys
import time
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from benchmarks.report import Report

SHANGHAI = ZoneInfo("Asia/Shanghai")
LINES_A_RECEIPT = 5
MEMBERS = 10_000
ARTICLES = 400


def judge(report: Report, *, rounds: int) -> None:
    """Pure: a 20-line receipt against 50 rules, when few apply and when half of them do."""
    from campaigns.policies import judging

    report.title("Judging a receipt of 20 lines by 50 rules", "rules that apply", "ms", "P9")
    occasion = _occasion()
    for name, hits in (("two", 2), ("a dozen", 12), ("half, 25 multipliers among them", 25)):
        program = _program(hits)
        best = min(_time(lambda program=program: judging.judge(program, occasion), rounds))
        report.row(name, f"{best * 1000:.2f}", "≤ 1")


def _time(work: Any, rounds: int) -> list[float]:
    """Seconds of one call, round by round; the best says what the work costs."""
    found = []
    for _ in range(rounds):
        start = time.perf_counter()
        for _ in range(100):
            work()
        found.append((time.perf_counter() - start) / 100)
    return found


def _program(hits: int) -> Any:
    from campaigns.policies import programs
    from campaigns.policies.programs import ProgramTerms, RuleTerms

    kinds: list[dict[str, Any]] = [
        {"effect": "multiplier", "factor": Decimal("1.5")},
        {"effect": "per_block", "points": 2, "yuan": Decimal(10), "combine": "extra"},
        {"effect": "per_item", "points": 1, "combine": "extra"},
        {"effect": "multiplier", "factor": Decimal(2)},
    ]
    misses: list[dict[str, Any]] = [
        {"kind": "weekday", "in": [1]},
        {"kind": "category", "in": ["books"]},
        {"kind": "tag", "in": ["nobody"]},
        {"kind": "dates", "from": "2020-01-01", "to": "2020-12-31"},
        {"kind": "birthday", "span": "day"},
        {"kind": "sku", "in": ["none"]},
        {"kind": "amount", "from": "100000"},
        {"kind": "hours", "from": "00:00", "to": "06:00"},
    ]
    found: list[dict[str, Any]] = [
        {"kind": "weekday", "in": [6]},
        {"kind": "category", "in": ["c1", "c2"]},
        {"kind": "amount", "from": "10"},
        {"kind": "label", "in": ["new"]},
    ]
    rules = [
        RuleTerms(
            key=f"r{n}",
            name=f"r{n}",
            conditions=[found[n % 4] if n < hits else misses[n % 8]],
            **(kinds[n % 4] if n < 2 * hits else kinds[n % 3]),
        )
        for n in range(50)
    ]
    terms = ProgramTerms(
        number=1,
        starts_at=datetime(2026, 1, 1, tzinfo=SHANGHAI),
        basic_points=1,
        rules=rules,
        ceiling=Decimal(10),
    )
    wrong = list(programs.problems(terms))
    if wrong:
        raise ValueError(wrong)
    return programs.compiled(terms)


def _occasion() -> Any:
    from campaigns.policies.occasions import PURCHASE, Line, Occasion, Person

    lines = [
        Line(
            line_no=n,
            amount=(n * 7 + 13) * 10_000 + 500 * n,
            quantity=Decimal(1 + n % 3),
            sku=f"s{n}",
            category=("root", f"c{n % 7}"),
            brand=f"b{n % 3}",
            labels=frozenset(["new"] if n % 4 == 0 else []),
        )
        for n in range(1, 21)
    ]
    person = Person(birthday=date(1990, 3, 5), tags=frozenset({"vip"}))
    at = datetime(2026, 11, 21, 12, tzinfo=SHANGHAI)
    return Occasion(trigger=PURCHASE, at=at, lines=lines, store="S1", person=person)


def backtest(report: Report, *, receipts: int) -> None:
    """A draft of ten rules against the version in force, as the command that staff may use."""
    from campaigns.models import EarningRule, EarningRuleVersion

    report.title(f"Back-test of {receipts:,} receipts", "what", "value", "goal")
    _shop()
    took = _sell(receipts)
    report.row("receipts taken in before", f"{took:.1f} s", "")
    draft = EarningRuleVersion.objects.create(
        name="bench", starts_at=datetime.now(UTC) + timedelta(days=40), points=2
    )
    EarningRule.objects.bulk_create(_rules(draft))
    command = [sys.executable, "manage.py", "backtest", str(draft.pk), "--days", "3000"]
    start = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    output = child.stdout.read() if child.stdout is not None else ""
    _, status, usage = os.wait4(child.pid, 0)
    took = time.perf_counter() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        report.say(f"VOID: the back-test ended with {child.returncode}")
    report.say(output.rstrip())
    report.row("time", f"{took:.1f} s", "P10 ≤ 60 s")
    report.row("memory", f"{usage.ru_maxrss // 1024} MB", "bounded")


def _shop() -> None:
    from stores.models import Article, Category, Store

    Store.objects.get_or_create(code="RULES", defaults={"name": "Rules"})
    for n in range(8):
        Category.objects.get_or_create(code=f"bench-{n}", defaults={"name": f"Bench {n}"})
    categories = list(Category.objects.filter(code__startswith="bench-").order_by("code"))
    Article.objects.bulk_create(
        [
            Article(
                sku=f"BENCH{n}",
                category=categories[n % 8],
                brand=f"B{n % 5}",
                labels=["new"] if n % 9 == 0 else [],
            )
            for n in range(ARTICLES)
        ],
        ignore_conflicts=True,
    )


def _sell(receipts: int) -> float:
    from django.utils import timezone

    from sales.policies.receipts import LineInput, MemberRef, ReceiptInput
    from sales.services import intake
    from stores.models import Store

    random.seed(20261121)
    store = Store.objects.get(code="RULES")
    now = timezone.now()
    start = time.perf_counter()
    for first in range(0, receipts, 500):
        batch = [
            ReceiptInput(
                number=f"RULES{number}",
                kind="sale",
                occurred_at=now - timedelta(minutes=random.randrange(60, 60 * 24 * 300)),
                member=MemberRef("external", f"RULES{random.randrange(MEMBERS)}"),
                lines=[
                    LineInput(
                        f"BENCH{random.randrange(ARTICLES)}",
                        "",
                        Decimal(random.randint(1, 3)),
                        Decimal(random.randint(500, 20_000)).scaleb(-2),
                    )
                    for _ in range(LINES_A_RECEIPT)
                ],
            )
            for number in range(first, min(first + 500, receipts))
        ]
        intake.record(
            store=store, receipts=batch, source="import", actor="bench", now=now,
            create_members=True,
        )  # fmt: skip
    return time.perf_counter() - start


def _rules(draft: Any) -> list[Any]:
    from campaigns.models import EarningRule

    limit = {"per": "member", "period": "day", "points": 300}
    terms: list[dict[str, Any]] = [
        {"effect": "multiplier", "factor": 2, "conditions": [{"kind": "weekday", "in": [4]}]},
        {"effect": "multiplier", "factor": 3, "conditions": [{"kind": "birthday", "span": "day"}]},
        {"effect": "fixed", "points": 5, "limits": [limit]},
        *(
            {
                "effect": "per_block",
                "points": n + 1,
                "yuan": 10,
                "conditions": [{"kind": "category", "in": [f"bench-{n}"]}],
            }
            for n in range(5)
        ),
        {"effect": "per_item", "points": 1, "conditions": [{"kind": "label", "in": ["new"]}]},
        {
            "effect": "fixed",
            "points": 50,
            "conditions": [{"kind": "nth_purchase", "period": "month", "from": 3}],
        },
    ]
    return [
        EarningRule(version=draft, key=f"r{n}", name=f"r{n}", position=n, **one)
        for n, one in enumerate(terms)
    ]
