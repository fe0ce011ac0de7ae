"""A worker that is killed outright while a job runs: another takes the job over, once."""

import os
import subprocess
import sys
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from stores.models import JobRun, JobState
from stores.selectors import jobs as selecting
from stores.services import schedule
from stores.tasks import run_job
from tests.racing import together

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

WORKER = """
import time
import django
django.setup()
from django.utils import timezone
from stores.selectors import jobs as selecting
from stores.services import jobs, schedule

def work():
    with jobs.recorded(name="points.expire_lots", now=timezone.now()) as run:
        run.progress(done=1, total=2)
        print("working", flush=True)
        time.sleep(600)

job = selecting.registered()["expire_lots"]
schedule.run(claim=schedule.claim(job=job, now=timezone.now()), work=work)
"""


def _environment() -> dict[str, str]:
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        url = f"sqlite:///{database['NAME']}"
    else:
        url = "postgres://{USER}@{HOST}:{PORT}/{NAME}".format(**database)
    return {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "config.settings"}


def _kill_a_worker_at_work() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WORKER],
        cwd=settings.BASE_DIR,
        env=_environment(),
        stdout=subprocess.PIPE,
    ) as worker:
        assert worker.stdout is not None
        assert worker.stdout.readline() == b"working\n"
        run_job("expire_lots")  # the other lives: nothing happens
        worker.kill()


def test_a_killed_run_is_taken_over_by_one_other() -> None:
    now = timezone.now()
    schedule.ensure(now=now)
    schedule.ask(name="expire_lots", actor="staff:1", now=now)
    _kill_a_worker_at_work()
    assert JobRun.objects.get().state == JobRun.State.RUNNING

    later = timezone.now() + selecting.SILENCE + timedelta(seconds=1)
    schedule.ask(name="expire_lots", actor="staff:2", now=later)
    job = selecting.registered()["expire_lots"]
    claims = [one for one in together(8, lambda _n: schedule.claim(job=job, now=later)) if one]
    assert len(claims) == 1
    claim = claims[0]
    assert isinstance(claim, schedule.Claim)
    assert JobRun.objects.get().state == JobRun.State.INTERRUPTED
    assert schedule.run(claim=claim, work=lambda: None)
    assert JobState.objects.get(name="expire_lots").state == JobState.State.DONE
