import re

from celery.schedules import crontab
from django.conf import settings

from config.celery import app
from config.schedule import SCHEDULE
from stores.selectors import labels


def test_every_scheduled_task_exists() -> None:
    app.loader.import_default_modules()
    assert {entry["task"] for entry in SCHEDULE.values()} - set(app.tasks) == set()


def test_beat_uses_the_schedule_in_the_shops_time() -> None:
    assert app.conf.beat_schedule == SCHEDULE
    assert str(app.conf.timezone) == "Asia/Shanghai"


def test_messages_expire_before_they_pile_up() -> None:
    """A worker that was away for a day must not come back to ten thousand calls to look."""
    for entry in SCHEDULE.values():
        if not isinstance(entry["schedule"], crontab):
            assert entry["options"]["expires"] <= entry["schedule"].total_seconds()


def test_jobs_keep_no_results() -> None:
    """A result backend on the path of a request is one more thing to wait for."""
    assert app.conf.task_ignore_result is True
    assert app.conf.result_backend is None


def test_every_recorded_job_has_a_name_for_people() -> None:
    recorded = {
        name
        for path in settings.BASE_DIR.glob("*/tasks.py")
        for name in re.findall(r'recorded\(name="([^"]+)"', path.read_text(encoding="utf-8"))
    }
    assert recorded
    assert recorded == {code for code, _label in labels.jobs()}
