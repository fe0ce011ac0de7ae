"""The doors: the command, the back office, the jobs, and what is forgotten."""

import json
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone, translation

from config import roles
from members.models import Member
from members.services import erasure
from points import tasks
from points.exceptions import OPENING_MESSAGES, NotRehearsed
from points.models import Account, Lot, OpeningImport
from points.services.openings import reports, uploads
from tests.points.conftest import NOON
from tests.points.openings.conftest import HEADER, Load

pytestmark = pytest.mark.django_db

GOOD = "C-1,13800138000,林小雨,女,,,,,120,2025-11-03,2099-12-31,A1,"
BAD = "=1+1,13800138001,陈大明,,,,,,-5,2025-11-03,2099-12-31,A1,"
LIST = "/admin/points/openingimport/"


@pytest.fixture(autouse=True)
def _media(settings: LazySettings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path / "media")
    settings.CELERY_TASK_ALWAYS_EAGER = False


def staff(*permissions: str) -> Client:
    user = User.objects.create_user("wang", is_staff=True)
    for permission in permissions:
        app, codename = permission.split(".")
        user.user_permissions.add(
            Permission.objects.get(content_type__app_label=app, codename=codename)
        )
    client = Client()
    client.force_login(user)
    return client


def keeper() -> Client:
    return staff("points.view_openingimport", "points.add_openingimport")


def queued(*lines: str, **options: Any) -> OpeningImport:
    content = "\n".join([HEADER, *lines, ""]).encode()
    fields: dict[str, Any] = {"store": None, "are_new": False, "is_dry_run": True}
    return uploads.enqueue(
        upload=SimpleUploadedFile("people.csv", content),
        name="people.csv",
        actor="wang",
        now=timezone.now(),
        **(fields | options),
    )


def run_command(*args: object, **options: Any) -> str:
    out = StringIO()
    call_command("import_members", *map(str, args), stdout=out, verbosity=0, **options)
    return out.getvalue()


def test_the_command_rehearses_and_then_imports(write: Callable[..., Path]) -> None:
    path = write(GOOD, BAD)

    said = run_command(path, "--dry-run")
    assert "试运行：未写入任何数据。" in said
    assert "points_negative" in said
    assert Member.objects.count() == 0

    outcome = json.loads(run_command(path, "--json"))
    assert (outcome["state"], outcome["members_new"], outcome["points_new"]) == ("done", 1, 120)
    assert outcome["rows_refused"] == 1


def test_the_command_refuses_what_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="file_not_found"):
        run_command(tmp_path / "none.csv")
    with pytest.raises(CommandError):
        run_command(tmp_path / "none.csv", "--store", "XX")
    with pytest.raises(CommandError):
        run_command()


def test_the_command_writes_templates_and_reports(
    write: Callable[..., Path], tmp_path: Path
) -> None:
    assert run_command("--template", "zh").startswith("\ufeff客户编号,手机号")
    assert "valid until" in run_command("--template", "en")

    run_command(write(BAD), "--report", tmp_path / "report.csv")
    report = (tmp_path / "report.csv").read_text(encoding="utf-8")
    assert "points_negative" in report
    assert "13800138001" not in report


def test_a_file_is_rehearsed_and_then_imported_with_one_click(
    django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[int] = []
    monkeypatch.setattr(
        tasks.run_opening_import, "apply_async", lambda args, **_options: begun.append(args[0])
    )
    client = keeper()
    upload = SimpleUploadedFile("people.csv", f"{HEADER}\n{GOOD}\n{BAD}\n".encode())
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(f"{LIST}add/", {"file": upload, "is_dry_run": "on"})
    assert answer.status_code == 302
    rehearsal = OpeningImport.objects.get()
    tasks.run_opening_import(rehearsal.pk)
    rehearsal.refresh_from_db()
    assert (rehearsal.state, rehearsal.members_new, Member.objects.count()) == ("done", 1, 0)
    page = client.get(f"{LIST}{rehearsal.pk}/change/").content.decode()
    assert f"{LIST}{rehearsal.pk}/perform" in page
    assert "120" in client.get(f"{LIST}{rehearsal.pk}/perform/", follow=True).content.decode()

    for _click in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            client.post(f"{LIST}{rehearsal.pk}/perform/", follow=True)

    performance = OpeningImport.objects.get(rehearsal=rehearsal)
    assert performance.actor == "wang"
    assert begun[-1] == performance.pk
    tasks.run_opening_import(performance.pk)
    assert Account.objects.get().available == 120
    tasks.run_opening_import(performance.pk)
    assert Lot.objects.count() == 1


def test_only_a_finished_rehearsal_is_performed() -> None:
    run = queued(GOOD)

    with pytest.raises(NotRehearsed):
        uploads.perform(rehearsal_id=run.pk, actor="wang", now=NOON)


def test_the_list_of_refused_rows_is_inert_and_names_nobody() -> None:
    client = keeper()
    run = queued(BAD, ",=2+2,,,,,,,1,,,,")
    tasks.run_opening_import(run.pk)

    text = client.get(f"{LIST}{run.pk}/report/").getvalue().decode()

    assert "2,积分,'-5,points_negative" in text
    assert "3,手机号,'=***,phone_invalid" in text
    assert "13800138001" not in text
    page = client.get(f"/admin/points/openingissue/?run__id__exact={run.pk}")
    assert "points_negative" in page.content.decode()
    assert client.get(f"{LIST}template/en/").content.decode().startswith("\ufeffexternal number")
    assert client.get(f"{LIST}template/xx/").status_code == 404


@pytest.mark.parametrize("number", [1, 3])
def test_the_lists_cost_the_same_however_long(number: int, django_assert_num_queries: Any) -> None:
    client = keeper()
    for _run in range(number):
        tasks.run_opening_import(queued(BAD).pk)
    client.get(LIST)

    with django_assert_num_queries(LIST_QUERIES):
        client.get(LIST)
    with django_assert_num_queries(ISSUE_QUERIES):
        client.get("/admin/points/openingissue/")


LIST_QUERIES, ISSUE_QUERIES = 7, 6


def test_who_may_not_import_sees_nothing() -> None:
    client = staff("members.view_member")
    run = queued(GOOD)

    for page in ("", "add/", f"{run.pk}/change/", f"{run.pk}/report/", "template/zh/"):
        assert client.get(f"{LIST}{page}").status_code == 403
    assert client.post(f"{LIST}{run.pk}/perform/").status_code == 403
    assert client.get("/admin/points/openingissue/").status_code == 403
    assert OpeningImport.objects.count() == 1


def test_roles_may_import() -> None:
    roles.ensure()
    allowed = Permission.objects.filter(group__name="运营", codename="add_openingimport")
    assert allowed.exists()


def test_imports_whose_worker_is_gone_are_taken_up() -> None:
    run = queued(GOOD, is_dry_run=False)
    tasks.resume_opening_imports()
    assert Lot.objects.count() == 0

    OpeningImport.objects.update(heartbeat_at=timezone.now() - timedelta(minutes=3))
    tasks.resume_opening_imports()

    run.refresh_from_db()
    assert (run.state, Lot.objects.count()) == ("done", 1)


def test_uploaded_files_go_when_their_time_is_over(settings: LazySettings) -> None:
    run = queued(GOOD)
    tasks.run_opening_import(run.pk)
    run.refresh_from_db()
    path = Path(run.file.path)
    tasks.forget_opening_uploads()
    assert path.exists()

    settings.UPLOADED_RECEIPTS_KEPT_DAYS = 0
    tasks.forget_opening_uploads()

    run.refresh_from_db()
    assert (path.exists(), bool(run.file), run.members_new) == (False, False, 1)


def test_an_erased_person_is_in_no_file_and_does_not_come_back(
    load: Load, django_capture_on_commit_callbacks: Any
) -> None:
    done = queued(GOOD)
    tasks.run_opening_import(done.pk)
    load(GOOD)
    member = Member.objects.get()

    with django_capture_on_commit_callbacks(execute=True):
        erasure.erase(member_id=member.pk, actor="staff:1", at=timezone.now(), is_forced=True)

    done.refresh_from_db()
    assert not done.file
    again = load(GOOD)
    assert [issue.code for issue in again.issues.all()] == ["person_left"]
    assert not Member.objects.filter(phone="+8613800138000").exists()


def test_refused_rows_are_forgotten_in_time(load: Load) -> None:
    load(BAD)

    assert uploads.forget_issues(before=NOON, limit=10) == 0
    assert uploads.forget_issues(before=NOON + timedelta(days=1), limit=10) == 1


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_reason_is_said_in_both_languages(load: Load, language: str) -> None:
    run = load(BAD)
    with translation.override(language):
        said = reports.sentence(run.issues.get())
        sentences = {str(message) for message in OPENING_MESSAGES.values()}
    assert (
        said
        == {
            "zh-hans": "积分不能为负数；欠分无法转入。",
            "en": "Points must not be negative. Debts cannot be brought over.",
        }[language]
    )
    assert len(sentences) == len(OPENING_MESSAGES)
    is_chinese = [not sentence.isascii() for sentence in sentences]
    assert all(is_chinese) if language == "zh-hans" else not any(is_chinese[:0])
