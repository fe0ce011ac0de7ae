"""Processes that are killed outright while they clear, remind and give back.

The process kills itself with SIGKILL at a random moment of a window, also in the middle of its
transaction; the next one goes on. What counts are the books at the end.
"""

import os
import random
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.db import connection

from members.models import Member
from notifications.models import Notice
from points.models import ClearingPlan, ClearingSettings, Entry, ExpiryNotice
from points.selectors import audit
from points.services import ledger
from points.services.clearing import undoing
from tests.points.clearing.conftest import approved, at, ordered
from tests.points.conftest import make_member

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]
PEOPLE, KILLS = 240, 5
ENDS = datetime(2026, 6, 1, tzinfo=UTC)

# Dies by its own hand after so many statements that change something.
MORTAL = """
import os, signal, sys
import django
django.setup()
from datetime import datetime, timedelta
from django.db import connection
from points.services import expiry, reminders
from points.services.book import WINDOW
from points.services.clearing import engine, undoing, working
engine.WINDOW = reminders.WINDOW = undoing.WINDOW = 20
left = int(sys.argv[2])

def mortal(execute, sql, params, many, context):
    global left
    answer = execute(sql, params, many, context)
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return answer

now = datetime.fromisoformat(sys.argv[3])
# So that the ledger's own cursors and functions pass the wrapper as well.
connection.force_debug_cursor = True
with connection.execute_wrapper(mortal):
    if sys.argv[1] == "expire":
        expiry.expire_due(cutoff_at=now, recorded_at=now)
    elif sys.argv[1] == "remind":
        reminders.remind(now=now)
    else:
        working.work(plan_id=int(sys.argv[1]), now=now)
"""


def run(what: str, now: datetime, *, dies_after: int) -> int:
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        url = f"sqlite:///{database['NAME']}"
    else:
        url = "postgres://{USER}@{HOST}:{PORT}/{NAME}".format(**database)
    environment = {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "config.settings"}
    call = [sys.executable, "-c", MORTAL, what, str(dies_after), now.isoformat()]
    return subprocess.run(call, cwd=settings.BASE_DIR, env=environment, check=False).returncode


@pytest.fixture
def people() -> list[Member]:
    members = [make_member() for _ in range(PEOPLE)]
    for number, member in enumerate(members):
        ledger.earn(
            member_id=member.pk,
            points=10 + number,
            reference="g",
            source="purchase",
            actor="t",
            at=ENDS - timedelta(days=300),
            expires_at=ENDS,
        )
    return members


def killed_then_whole(what: str, now: datetime, *, step: timedelta = timedelta(0)) -> None:
    """Five processes die on the way, at moments that differ; the sixth ends it."""
    chance = random.Random(2026)
    # A window is a statement or two with stored functions, and a dozen without.
    most = 9 if connection.vendor == "postgresql" else 40
    deaths = 0
    while deaths < KILLS:
        died = run(what, now, dies_after=chance.randint(3, most))
        assert died in (-signal.SIGKILL, 0)
        assert died, "it was done before it could die"
        deaths += 1
        now += step
    assert run(what, now, dies_after=10**9) == 0


def test_the_nightly_booking(people: list[Member]) -> None:
    killed_then_whole("expire", ENDS)
    total = sum(10 + number for number in range(PEOPLE))
    booked = list(Entry.objects.filter(kind="expire").values_list("d_available", flat=True))
    assert (len(booked), -sum(booked)) == (PEOPLE, total)
    assert audit.run().breaches == {}


def test_reminders(people: list[Member]) -> None:
    killed_then_whole("remind", ENDS - timedelta(days=20))
    assert Notice.objects.filter(kind="points_expiring").count() == PEOPLE
    assert ExpiryNotice.objects.count() == PEOPLE


def test_an_ordered_clearing_and_its_undoing(people: list[Member]) -> None:
    ClearingSettings.objects.create(required_days="", remind_days="")
    for member in people:
        ledger.earn(
            member_id=member.pk,
            points=5,
            reference="old",
            source="purchase",
            actor="t",
            at=at("2025-03-01"),
            expires_at=None,
        )
    plan = approved(ordered())
    over = plan.cutoff_at
    # Who finds it silent for two minutes takes it over.
    killed_then_whole(str(plan.pk), over, step=timedelta(minutes=3))
    plan.refresh_from_db()
    assert plan.state == ClearingPlan.State.DONE
    booked = Entry.objects.filter(kind="expire", source="clearing")
    assert sorted(booked.values_list("d_available", flat=True)) == [-5] * PEOPLE

    later = over + timedelta(days=1)
    undoing.request(plan_id=plan.pk, reason="r", counts_through=None, actor="staff:2", at=later)
    killed_then_whole(str(plan.pk), later, step=timedelta(minutes=3))
    plan.refresh_from_db()
    assert (plan.state, plan.undone_points) == (ClearingPlan.State.UNDONE, 5 * PEOPLE)
    assert Entry.objects.filter(kind="restore").count() == PEOPLE
    assert audit.run().breaches == {}
