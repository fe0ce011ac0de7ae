"""Workers that are killed outright while they send: nothing is lost, nothing is doubled."""

import json
import os
import random
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from notifications.models import Message

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

MESSAGES, KILLS = 1200, 8
START = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)

# Sweeps once at the given instant; a gateway of a few milliseconds, so that a kill meets it.
WORKER = """
import sys
import time
import django
django.setup()
from datetime import datetime
from notifications.services import delivery, gateways
kept = gateways.File.__call__
def slow(self, message):
    time.sleep(0.001)
    answer = kept(self, message)
    time.sleep(0.001)
    return answer
gateways.File.__call__ = slow
print("ready", flush=True)
delivery.deliver_due(now=datetime.fromisoformat(sys.argv[1]))
"""


def _environment(log: Path) -> dict[str, str]:
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        url = f"sqlite:///{database['NAME']}"
    else:
        url = "postgres://{USER}@{HOST}:{PORT}/{NAME}".format(**database)
    return {
        **os.environ,
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "SMS_GATEWAY": "notifications.services.gateways.file",
        "SMS_FILE": str(log),
    }


def _killed_after(seconds: float | None, *, now: datetime, log: Path) -> None:
    worker = subprocess.Popen(
        [sys.executable, "-c", WORKER, now.isoformat()],
        cwd=settings.BASE_DIR,
        env=_environment(log),
        stdout=subprocess.PIPE,
    )
    assert worker.stdout is not None
    with worker.stdout:
        assert worker.stdout.readline() == b"ready\n"
        if seconds is not None:
            time.sleep(seconds)
            worker.kill()
        worker.wait()


def test_killed_workers_lose_and_double_nothing(tmp_path: Path) -> None:
    chance, log = random.Random(11), tmp_path / "sms.log"
    Message.objects.bulk_create(
        Message(
            channel="sms",
            to=f"+86138{number:08}",
            template="ticket.answered",
            language="zh-hans",
            body="您好",
            due_at=START,
            created_at=START,
        )
        for number in range(MESSAGES)
    )
    now = START
    for _kill in range(KILLS):
        _killed_after(chance.uniform(0.0, 0.9), now=now, log=log)
        # Each time the lease of the dead worker is over.
        now += timedelta(minutes=3)
    while Message.objects.filter(state__in=Message.UNDELIVERED).exists():
        _killed_after(None, now=now, log=log)
        now += timedelta(minutes=3)
        assert now < START + timedelta(hours=3)
    sent = [json.loads(line)["id"] for line in log.read_text().splitlines()]
    assert len(sent) == len(set(sent)) == MESSAGES
    assert Message.objects.filter(state="sent", finished_at__isnull=False).count() == MESSAGES
