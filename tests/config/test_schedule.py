import re

from celery.schedules import crontab
from django.conf import settings
from django.utils.module_loading import import_string

from config.celery import app
from config.schedule import JOBS, RUN_JOB, SCHEDULE
from stores.policies import schedules
from stores.selectors import jobs, labels


def test_every_scheduled_task_exists() -> None:
    app.loader.import_default_modules()
    assert {job.task for job in JOBS} - set(app.tasks) == set()
    assert RUN_JOB in app.tasks
    for job in JOBS:
        assert import_string(job.task).name == job.task


def test_beat_uses_the_schedule_in_the_shops_time() -> None:
    assert app.conf.beat_schedule == SCHEDULE
    assert str(app.conf.timezone) == "Asia/Shanghai"
    assert {entry["task"] for entry in SCHEDULE.values()} == {RUN_JOB}
    assert {entry["args"] for entry in SCHEDULE.values()} == {(job.name,) for job in JOBS}


def test_messages_expire_before_they_pile_up() -> None:
    """A worker that was away for a day must not come back to ten thousand calls to look."""
    for entry in SCHEDULE.values():
        if not isinstance(entry["schedule"], crontab):
            assert entry["options"]["expires"] <= entry["schedule"].total_seconds()


def test_jobs_keep_no_results() -> None:
    """A result backend on the path of a request is one more thing to wait for."""
    assert app.conf.task_ignore_result is True
    assert app.conf.result_backend is None


def test_every_job_has_a_name_for_people() -> None:
    recorded = {
        name
        for path in settings.BASE_DIR.glob("*/tasks.py")
        for name in re.findall(r'recorded\(name="([^"]+)"', path.read_text(encoding="utf-8"))
    }
    assert recorded
    assert recorded | {job.code for job in JOBS} == {code for code, _label in labels.jobs()}


def test_the_schedule_can_be_followed() -> None:
    schedules.check(JOBS)
    assert list(jobs.registered().values()) == list(JOBS)


def test_the_night_has_its_order() -> None:
    after = {job.name: job.after for job in JOBS}
    night = ["verify_ledger", "compute_segments", "reevaluate_tiers", "expire_lots"]
    for later, earlier in zip(night, [*night[1:], "release_pending"], strict=True):
        assert earlier in after[later]


def test_a_worker_that_has_grown_is_replaced() -> None:
    assert app.conf.worker_max_memory_per_child <= 300 * 1024
