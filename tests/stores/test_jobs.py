"""The record of a job's run."""

from datetime import UTC, datetime, timedelta

import pytest

from stores.models import JobRun
from stores.services import jobs
from stores.tasks import forget_job_runs
from tests.racing import together

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


def test_a_run_is_there_while_it_works_and_ends_as_done() -> None:
    with jobs.recorded(name="points.expire_lots", now=NOW) as run:
        run.progress(done=3, total=10)
        row = JobRun.objects.get()
        assert (row.state, row.done, row.total, row.finished_at) == ("running", 3, 10, None)
        run.progress(done=4, total=10)
        run.result = {"points": 7}

    row.refresh_from_db()
    assert (row.state, row.done, row.detail) == ("done", 4, {"points": 7})
    assert row.finished_at is not None
    assert timedelta(0) <= row.duration < timedelta(seconds=10)


def test_progress_is_written_at_most_once_a_second(
    django_assert_num_queries: object,
) -> None:
    with jobs.recorded(name="x", now=NOW) as run:
        run.progress(done=1)
        with django_assert_num_queries(0):  # type: ignore[operator]
            for done in range(1000):
                run.progress(done=done)


def test_a_failure_is_recorded_and_raised_on() -> None:
    with pytest.raises(ZeroDivisionError), jobs.recorded(name="x", now=NOW):
        _ = 1 // 0

    row = JobRun.objects.get()
    assert (row.state, row.error.split(":")[0]) == ("failed", "ZeroDivisionError")


def test_a_run_whose_process_is_gone_is_marked_by_the_next() -> None:
    old = JobRun.objects.create(
        name="x", started_at=NOW - timedelta(hours=1), heartbeat_at=NOW - timedelta(hours=1)
    )
    fresh = JobRun.objects.create(name="x", started_at=NOW, heartbeat_at=NOW)

    with jobs.recorded(name="x", now=NOW):
        pass

    old.refresh_from_db()
    fresh.refresh_from_db()
    assert (old.state, fresh.state) == ("interrupted", "running")


def test_old_rows_are_cleared_away() -> None:
    with jobs.recorded(name="x", now=NOW - timedelta(days=400)):
        pass

    forget_job_runs()

    assert list(JobRun.objects.values_list("name", flat=True)) == ["stores.forget_job_runs"]


@pytest.mark.django_db(transaction=True)
def test_a_run_is_seen_by_others_while_it_works() -> None:
    with jobs.recorded(name="x", now=NOW) as run:
        run.progress(done=5)
        (seen,) = together(1, lambda n: JobRun.objects.values_list("state", "done").get())

    assert seen == ("running", 5)
