"""Presets from the command line."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from campaigns.models import EarningRuleVersion
from campaigns.services import presets
from points.selectors import balances
from stores.models import Category

pytestmark = pytest.mark.django_db


def told(command: str, *args: Any, **options: Any) -> str:
    out = StringIO()
    with translation.override("en"):
        call_command(command, *args, stdout=out, **options)
    return out.getvalue()


def test_checking_one_prints_its_counts_and_what_it_needs() -> None:
    assert told("check_preset", "p05") == (
        "P05 Monthly double-points day: 5 passed, 0 failed, 2 open\n"
        "  needs reminders (F69), 1 open: "
        "Members are reminded 30, 7 and 1 days before points lapse\n"
        "  needs day_notice (F105), 1 open: "
        "Members are told of the double day on the day before\n"
    )


def test_checking_all_ends_with_the_totals() -> None:
    lines = told("check_preset", "--all").splitlines()
    assert lines[-1] == "22 presets: 159 passed, 0 failed, 20 open"
    assert sum(line.startswith("P") for line in lines) == 22
    assert lines == told("check_preset").splitlines()


def test_the_report_as_json() -> None:
    report = json.loads(told("check_preset", "--all", "--json"))
    assert [report[name] for name in ("passed", "failed", "open")] == [159, 0, 20]
    assert report["malformed"] == []
    assert report["presets"][5]["needs"] == {"challenge": 1}


def test_a_preset_that_does_not_hold_ends_with_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (presets.FOLDER / "p08_member_day.toml").read_text(encoding="utf-8")
    (tmp_path / "p08_member_day.toml").write_text(
        text.replace("points = 20\n", "points = 21\n", 1), encoding="utf-8"
    )
    (tmp_path / "p09_none.toml").write_text("id = 1", encoding="utf-8")
    monkeypatch.setattr(presets, "FOLDER", tmp_path)
    out = StringIO()
    with translation.override("en"), pytest.raises(SystemExit) as ended:
        call_command("check_preset", stdout=out)

    lines = out.getvalue().splitlines()
    assert ended.value.code == 1
    assert lines[:3] == [
        "P08 Shop with member day: 6 passed, 1 failed, 0 open",
        "  FAILED ¥250 is 20 points",
        "    step 1, points: expected 21, got 20",
    ]
    assert lines[3].startswith("The preset in p09_none.toml cannot be used: ")
    assert lines[-1] == "1 presets: 6 passed, 1 failed, 0 open"


def test_a_name_that_is_none_is_refused() -> None:
    with pytest.raises(CommandError, match="unknown_preset"):
        told("check_preset", "P77")
    with pytest.raises(CommandError, match="not both"):
        told("check_preset", "P08", "--all")


def test_the_list_names_all() -> None:
    lines = told("load_preset", "--list").splitlines()
    assert len(lines) == 44
    assert lines[14] == "P08  p08_member_day  Shop with member day"


def test_loading_makes_a_draft_and_says_what_is_missing() -> None:
    text = told("load_preset", "p15", "--starts", "2027-01-01")

    version = EarningRuleVersion.objects.get()
    assert text == (
        f"Draft {version.pk}: P15 Hotel and airline miles (draft), "
        "to be in force from 2027-01-01 once it is published.\n"
        "  to be made before it can be published: category rooms\n"
    )
    assert not Category.objects.exists()

    assert "  made: category rooms\n" in told("load_preset", "P15", "--create-missing")
    assert Category.objects.get().name == "Rooms"


def test_the_ledgers_settings_wait_for_their_flag() -> None:
    settings = balances.ledger_settings()
    settings.points_per_yuan = 200
    settings.save()

    assert "proposed: points_per_yuan 100 (now 200)" in told("load_preset", "P21")
    assert balances.ledger_settings().points_per_yuan == 200
    assert "proposed" not in told("load_preset", "P21", "--apply-ledger-settings")
    assert balances.ledger_settings().points_per_yuan == 100


def test_the_mall_waits_for_its_flag() -> None:
    assert "made as a draft" not in told("load_preset", "P02")
    text = told("load_preset", "P02", "--create-mall")
    assert "  made as a draft: p02-five-off-thirty\n" in text
    assert "  made as a draft: p02-toy\n" in text
    assert "  was there already: p02-toy\n" in told("load_preset", "P02", "--create-mall")
    assert "waits for its level or segment: p16" in told("load_preset", "P16", "--create-mall")


@pytest.mark.parametrize(
    "args", [["P77"], [], ["P08", "--starts", "soon"], ["P08", "--starts", "2027-02-30"]]
)
def test_what_cannot_be_loaded_is_refused(args: list[str]) -> None:
    with pytest.raises(CommandError):
        told("load_preset", *args)
    assert not EarningRuleVersion.objects.exists()
