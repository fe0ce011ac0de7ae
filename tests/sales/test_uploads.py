"""Uploaded files of receipts are kept for a while, and no longer."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.conf import LazySettings
from django.core.files.base import ContentFile
from django.test import Client

from sales import tasks
from sales.models import ImportRun
from sales.services import uploads
from stores.models import JobRun, Store
from tests.sales.conftest import NOON

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _media(settings: LazySettings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path)


def kept(store: Store, state: str = "done", **values: Any) -> ImportRun:
    run = ImportRun.objects.create(
        store=store,
        file=ContentFile(b"13800138001", name="one.csv"),
        file_name="one.csv",
        sha256="",
        mapping="",
        state=state,
        **({"started_at": NOON, "heartbeat_at": NOON, "finished_at": NOON} | values),
    )
    run.issues.create(row=1, code="required")
    return run


def test_a_file_goes_when_its_time_is_over_and_its_run_stays(store: Store) -> None:
    old = [kept(store, state) for state in ("done", "refused", "failed")]
    young = kept(store, finished_at=NOON + 2 * DAY)
    unfinished = kept(store, "posting", finished_at=None)
    paths = [Path(run.file.path) for run in old]

    assert uploads.forget(before=NOON + DAY) == 3
    assert uploads.forget(before=NOON + DAY) == 0

    assert [path.exists() for path in paths] == [False] * 3
    for run in (young, unfinished):
        run.refresh_from_db()
        assert Path(run.file.path).exists()
    old[0].refresh_from_db()
    assert (bool(old[0].file), old[0].file_name, old[0].issues.count()) == (False, "one.csv", 1)


def test_a_file_that_is_gone_already_is_no_fault(store: Store) -> None:
    run = kept(store)
    Path(run.file.path).unlink()

    assert uploads.forget(before=NOON + DAY) == 1


def test_a_file_that_cannot_be_deleted_keeps_no_other(store: Store, tmp_path: Path) -> None:
    stuck, other = kept(store), kept(store)
    path = Path(stuck.file.path)
    path.unlink()
    (path / "no file, but a folder that is not empty").mkdir(parents=True)

    with pytest.raises(ExceptionGroup):
        uploads.forget(before=NOON + DAY)

    stuck.refresh_from_db()
    other.refresh_from_db()
    assert (bool(stuck.file), bool(other.file)) == (True, False)


@pytest.mark.parametrize(("days", "deleted"), [(30, 0), (29, 1), (0, 1)])
def test_the_nightly_job_goes_by_the_setting(
    store: Store, settings: LazySettings, days: int, deleted: int
) -> None:
    settings.UPLOADED_RECEIPTS_KEPT_DAYS = days
    kept(store)

    with time_machine.travel(NOON + 30 * DAY, tick=False):
        tasks.forget_uploads()

    job = JobRun.objects.get()
    assert (job.name, job.state, job.done) == ("sales.forget_uploads", "done", deleted)
    assert job.detail == {"files": deleted}


def test_the_back_office_says_whether_the_file_is_there(admin_client: Client, store: Store) -> None:
    page = f"/admin/sales/importrun/{kept(store).pk}/change/"
    assert "保留至导入结束后 30 天" in admin_client.get(page).content.decode()

    uploads.forget(before=NOON + DAY)

    assert "系统中没有此文件；上传的文件在导入结束 30 天后删除" in (
        admin_client.get(page).content.decode()
    )
