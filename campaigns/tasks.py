"""Celery's way in: take the clock, call one service."""

from celery import shared_task
from django.utils import timezone

from campaigns.selectors import verification
from campaigns.services import birthdays, editions, events
from stores.services import jobs


@shared_task
def judge_due_events() -> None:
    """Grant points for acts that were only written down."""
    now = timezone.now()
    if not events.are_due():
        return
    with jobs.recorded(name="campaigns.judge_due_events", now=now) as run:
        done = 0
        while window := events.judge_due(now=timezone.now()):
            done += window
            run.progress(done=done)
        run.result = {"events": done}


@shared_task
def reward_birthdays() -> None:
    """Grant the birthday points of the day."""
    now = timezone.now()
    with jobs.recorded(name="campaigns.reward_birthdays", now=now) as run:
        done = birthdays.reward(now=now, progress=lambda count: run.progress(done=count))
        run.result = {"members": done}


@shared_task
def verify_rules() -> None:
    """Compute every entry again; a difference fails the run, so that the admin shows it in red."""
    now = timezone.now()
    with jobs.recorded(name="campaigns.verify_rules", now=now) as run:
        report = verification.run(progress=lambda done, total: run.progress(done=done, total=total))
        run.result = report.as_json()
        if not report.is_clean:
            raise RuntimeError(f"{report.different} entries do not follow from their inputs")


@shared_task
def record_editions() -> None:
    """Keep what the rules page says; a safety net for changes that nobody announced."""
    now = timezone.now()
    with jobs.recorded(name="campaigns.record_editions", now=now) as run:
        made = editions.record(now)
        run.progress(done=len(made))
        run.result = {"editions": [edition.label for edition in made]}
