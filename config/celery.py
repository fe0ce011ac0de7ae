"""The Celery application: `celery -A config worker` and `celery -A config beat`."""

import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging, worker_ready

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("judian")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def keep_django_logging(**kwargs: Any) -> None:
    """Leave the log to Django's LOGGING: being connected is what stops Celery from its own."""


@app.on_after_configure.connect
def load_schedule(sender: Celery, **kwargs: Any) -> None:
    from config.schedule import SCHEDULE

    sender.conf.beat_schedule = SCHEDULE


@worker_ready.connect
def make_up_for_what_was_missed(sender: Any, **kwargs: Any) -> None:
    """Look at once when a worker comes back, rather than when the clock next says so."""
    from config.schedule import RUN_JOB

    sender.app.send_task(RUN_JOB, ["catch_up"])
