import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from config import health
from stores.models import JobRun, JobState
from stores.services import schedule


def test_alive_needs_no_database(client: Client) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}


@pytest.mark.django_db
def test_ready_when_migrated(client: Client) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert "no-store" in answer["Cache-Control"]


def test_probe_needs_neither_host_nor_https(client: Client, settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    assert client.get("/healthz", headers={"host": "10.1.2.3:8000"}).status_code == 200
    assert client.get("/", headers={"host": "10.1.2.3:8000"}).status_code == 400


@pytest.mark.django_db
def test_not_ready_while_a_migration_is_missing(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "_migrated", False)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'stores'")
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"status": "unavailable", "reason": "migrations"}
    assert answer["Retry-After"] == "2"


def _all_on_time() -> None:
    now = timezone.now()
    schedule.ensure(now=now)
    JobState.objects.update(succeeded_at=now)


@pytest.mark.django_db
def test_status_is_ok_when_every_job_is_on_time(client: Client) -> None:
    _all_on_time()
    answer = client.get("/statusz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.django_db
def test_status_calls_for_somebody_when_no_worker_runs(client: Client) -> None:
    answer = client.get("/statusz")
    assert (answer.status_code, answer.json()) == (503, {"status": "attention"})


@pytest.mark.django_db
def test_status_says_more_to_who_has_the_token(client: Client, settings: Settings) -> None:
    _all_on_time()
    JobState.objects.filter(name="expire_lots").update(error="gone wrong", state="failed")
    settings.STATUS_TOKEN = "a-long-token"
    for header in ("", "Bearer", "Bearer wrong", "Bearer ✓"):
        answer = client.get("/statusz", HTTP_AUTHORIZATION=header)
        assert (answer.status_code, answer.json()) == (503, {"status": "attention"})
    checks = client.get("/statusz", headers={"Authorization": "Bearer a-long-token"}).json()
    assert checks["checks"]["jobs"] == {"ok": False, "late": [], "failed": ["expire_lots"]}
    assert checks["checks"]["ledger"] == {"ok": True, "clean": None, "at": None}


@pytest.mark.django_db
def test_no_token_opens_nothing_when_none_is_set(client: Client) -> None:
    answer = client.get("/statusz", headers={"Authorization": "Bearer "})
    assert "checks" not in answer.json()


@pytest.mark.django_db
def test_the_overview_shows_how_the_system_is(admin_client: Client) -> None:
    _all_on_time()
    JobRun.objects.create(
        name="points.verify_ledger",
        state=JobRun.State.FAILED,
        started_at=timezone.now(),
        heartbeat_at=timezone.now(),
    )
    page = admin_client.get("/admin/").content.decode()
    assert "health-grid" in page
    assert "/admin/stores/jobstate/" in page
    assert "jobs-bad" in page
