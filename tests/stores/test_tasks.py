"""How jobs are started, with a broker, with a dead one, and by hand."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from stores.models import JobRun, JobState
from stores.selectors import health
from stores.selectors import jobs as selecting
from stores.services import schedule
from stores.tasks import catch_up, run_job, start_asked

pytestmark = pytest.mark.django_db

ASK = """
import sys, time
import django
django.setup()
from stores.tasks import run_job, send
for turn in range(2):
    started = time.monotonic()
    print(send(run_job, "x"), time.monotonic() - started)
"""


@contextmanager
def refused() -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        yield probe.getsockname()[1]  # bound, and nobody listens


@contextmanager
def black_hole() -> Iterator[int]:
    """A port whose queue is full: a connection to it is neither taken nor refused."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            caller = stack.enter_context(socket.socket())
            caller.setblocking(False)
            caller.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


@contextmanager
def silent() -> Iterator[int]:
    """Takes connections and never says a word."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(16)
        yield listener.getsockname()[1]


@pytest.mark.parametrize(
    "port_of", [refused, black_hole, silent], ids=["refused", "black_hole", "silent"]
)
def test_a_page_does_not_wait_for_a_broker_that_is_gone(
    port_of: Callable[[], AbstractContextManager[int]],
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    with port_of() as port:
        env = {
            **os.environ,
            "REDIS_URL": f"redis://127.0.0.1:{port}/0",
            "VAR_DIR": str(tmp_path),
            "DJANGO_SETTINGS_MODULE": "config.settings",
        }
        told = subprocess.run(
            [sys.executable, "-c", ASK],
            cwd=settings.BASE_DIR,
            env=env,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
    assert told[::2] == ["False", "False"]
    slowest = max(float(seconds) for seconds in told[1::2])
    record_property("slowest", f"{slowest:.2f} s")
    assert slowest < 2


def test_a_message_about_a_job_that_is_gone_is_dropped() -> None:
    run_job("no_such_job")
    assert not JobState.objects.exists()


def test_run_job_runs_the_real_job_once() -> None:
    schedule.ensure(now=timezone.now())
    schedule.ask(name="release_pending", actor="staff:1", now=timezone.now())
    run_job("release_pending")
    run_job("release_pending")
    run = JobRun.objects.get()
    assert (run.name, run.state, run.actor) == ("points.release_pending", "done", "staff:1")
    assert JobState.objects.get(name="release_pending").run == run


def test_the_sweeps_make_rows_and_start_nothing_when_nothing_is_due() -> None:
    now = timezone.now()
    schedule.ensure(now=now)
    JobState.objects.update(settled_at=now + timedelta(seconds=1))
    catch_up()
    start_asked()
    assert JobState.objects.count() == len(selecting.registered())
    assert not JobRun.objects.exists()


@pytest.fixture
def manager() -> User:
    user = User.objects.create_user("manager", is_staff=True)
    user.user_permissions.set(
        Permission.objects.filter(codename__in=["view_jobstate", "view_jobrun", "run_job"])
    )
    return user


PAGE = "/admin/stores/jobstate/"


def test_the_page_shows_every_job(client: Client, manager: User) -> None:
    client.force_login(manager)
    schedule.ensure(now=timezone.now())
    JobState.objects.filter(name="expire_lots").update(
        state="failed", error="ZeroDivisionError: by zero", started_at=timezone.now()
    )
    page = client.get(PAGE).content.decode()
    assert page.count("</tr>") == len(selecting.registered()) + 1
    assert "ZeroDivisionError" in page
    assert "每天 00:10" in page


def test_the_page_costs_the_same_for_many_rows(
    client: Client, manager: User, django_assert_num_queries: object
) -> None:
    client.force_login(manager)
    schedule.ensure(now=timezone.now())
    client.get(PAGE)
    with django_assert_num_queries(5):  # type: ignore[operator]
        client.get(PAGE)


def test_staff_without_the_right_neither_see_nor_run(client: Client) -> None:
    client.force_login(User.objects.create_user("cashier", is_staff=True))
    assert client.get(PAGE).status_code == 403
    assert client.post(f"{PAGE}expire_lots/run/").status_code == 403
    assert not JobState.objects.exists()


def test_who_may_only_look_has_no_button(client: Client) -> None:
    user = User.objects.create_user("looker", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="view_jobstate"))
    client.force_login(user)
    assert "/run/" not in client.get(PAGE).content.decode()
    assert client.post(f"{PAGE}expire_lots/run/").status_code == 403


def test_a_run_by_hand_is_asked_for_once_and_leaves_an_audit_row(
    client: Client, manager: User, django_capture_on_commit_callbacks: object
) -> None:
    client.force_login(manager)
    for _ in range(2):
        assert client.post(f"{PAGE}expire_lots/run/").status_code == 302
    state = JobState.objects.get(name="expire_lots")
    assert (state.asked_by, state.asked_at is not None) == (f"staff:{manager.pk}", True)
    assert LogEntry.objects.filter(object_repr="expire_lots", user=manager).count() == 1

    run_job("expire_lots")
    assert JobRun.objects.get().actor == f"staff:{manager.pk}"


def test_only_jobs_that_people_may_start_are_started(client: Client, manager: User) -> None:
    client.force_login(manager)
    for name in ("catch_up", "no_such_job"):
        assert client.post(f"{PAGE}{name}/run/").status_code == 404
    assert client.get(f"{PAGE}expire_lots/run/").status_code == 405


def test_health_names_the_jobs_that_are_late() -> None:
    now = timezone.now()
    schedule.ensure(now=now)
    JobState.objects.update(succeeded_at=now)
    assert health.of_jobs(now).is_well
    JobState.objects.filter(name="deliver_due").update(succeeded_at=now - timedelta(hours=1))
    found = health.of_jobs(now)
    assert (found.is_alarm, found.detail) == (True, {"late": ["deliver_due"], "failed": []})
