"""Processes that are killed while they post: what was acknowledged is there, once, and it adds up.

The oracle is what the client heard, not the sums: a lost write leaves every sum in order.
"""

import os
import random
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from members.services import registration
from points import selectors
from points.selectors import audit

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

KILLS = 12
AT = datetime(2026, 1, 1, tzinfo=UTC)

# Posts in an endless loop and says each reference only after its commit.
CLIENT = """
import sys
import django
django.setup()
from datetime import UTC, datetime
from points.services import ledger
member_id, turn = int(sys.argv[1]), sys.argv[2]
at = datetime(2026, 1, 1, tzinfo=UTC)
call = dict(member_id=member_id, source="fault", actor="test", at=at)
number = 0
while True:
    number += 1
    reference = f"{turn}:{number}"
    ledger.earn(points=10, reference=f"earn:{reference}", expires_at=None, **call)
    print(f"earn:{reference}", flush=True)
    ledger.spend(points=3, reference=f"spend:{reference}", **call)
    print(f"spend:{reference}", flush=True)
"""


def _environment() -> dict[str, str]:
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        url = f"sqlite:///{database['NAME']}"
    else:
        url = "postgres://{USER}@{HOST}:{PORT}/{NAME}".format(**database)
    return {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "config.settings"}


def _acknowledged(member_id: int, turn: int, log: Path, *, seconds: float) -> list[str]:
    """The references that a client heard before it was killed outright."""
    with log.open("wb") as output:
        client = subprocess.Popen(
            [sys.executable, "-c", CLIENT, str(member_id), str(turn)],
            cwd=settings.BASE_DIR,
            env=_environment(),
            stdout=output,
        )
    while log.stat().st_size == 0:
        assert client.poll() is None, "the client ended by itself"
        time.sleep(0.01)
    time.sleep(seconds)
    client.kill()
    client.wait()
    # The last line may have been cut short; only whole ones were heard.
    return log.read_text().rpartition("\n")[0].splitlines()


def test_killed_clients_lose_and_double_nothing(tmp_path: Path) -> None:
    chance = random.Random(7)
    member = registration.register(external_number="M1", at=AT, source="admin")
    heard: list[str] = []
    for turn in range(KILLS):
        log = tmp_path / f"{turn}.log"
        heard += _acknowledged(member.pk, turn, log, seconds=chance.uniform(0.05, 0.6))

    booked = [entry.reference for entry in selectors.entries(member.pk)]
    assert len(booked) == len(set(booked))
    assert set(heard) - set(booked) == set()
    # Each kill may have met one write between its commit and its being told.
    assert len(booked) - len(heard) <= KILLS
    assert audit.run().is_clean
    earned = sum(reference.startswith("earn:") for reference in booked)
    spent = len(booked) - earned
    assert selectors.balance(member.pk, AT).available == 10 * earned - 3 * spent
