"""Celery's way in: the stores' own jobs, and how every job of the schedule is started."""

import logging
from datetime import timedelta
from typing import Any

from celery import shared_task
from django.utils import timezone
from django.utils.module_loading import import_string
from kombu.exceptions import OperationalError

from stores.selectors import jobs as selecting
from stores.services import jobs, schedule

logger = logging.getLogger(__name__)

KEPT = timedelta(days=90)
# A worker may wait longer for its broker than a page: these are for whoever sends from a page.
_IMPATIENT = {"socket_connect_timeout": 0.8, "socket_timeout": 0.8, "max_retries": 0}


def send(task: Any, *args: Any) -> bool:
    """Tell a worker to look now; False when no broker can be reached, which is no error.

    What is to be done is a row, and a sweep of the schedule finds it. Tries once and for less than
    two seconds, since a person is waiting too. Call it after the commit.
    """
    try:
        with task.app.connection_for_write(transport_options=_IMPATIENT) as broker:
            task.apply_async(args, connection=broker, retry=False)
    except (OperationalError, OSError):
        logger.warning("no broker for %s; the next sweep will find the row", task.name)
        return False
    return True


@shared_task
def run_job(name: str) -> None:
    """Run the job if its turn has come and nobody else is at it; otherwise there is nothing to do.

    A message about a job that is no longer in the schedule is dropped.
    """
    job = selecting.registered().get(name)
    claim = schedule.claim(job=job, now=timezone.now()) if job is not None else None
    if claim is not None:
        schedule.run(claim=claim, work=import_string(claim.job.task))


@shared_task
def catch_up() -> None:
    """Start the oldest of what was missed; the next comes when it is settled. Jobs of intervals
    wait for nobody.
    """
    now = timezone.now()
    schedule.ensure(now=now)
    for _slot, job in schedule.due(now=now)[:1]:
        send(run_job, job.name)
    for job in schedule.overdue(now=now):
        send(run_job, job.name)


@shared_task
def start_asked() -> None:
    """Start what people asked for while no message could be sent."""
    for name in schedule.asked(now=timezone.now()):
        send(run_job, name)


@shared_task
def forget_job_runs() -> None:
    """Clear away what jobs did a quarter of a year ago."""
    now = timezone.now()
    with jobs.recorded(name="stores.forget_job_runs", now=now) as run:
        forgotten = jobs.forget(before=now - KEPT)
        run.progress(done=forgotten)
        run.result = {"rows": forgotten}
