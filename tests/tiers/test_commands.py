"""The operator's way to levels."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from members.models import Member
from tests import cast
from tests.tiers.making import ladder
from tiers.models import GrowthDay, Standing

pytestmark = pytest.mark.django_db


def run(*words: str) -> dict[str, object]:
    out = StringIO()
    call_command(*words, stdout=out, stderr=StringIO())
    told: dict[str, object] = json.loads(out.getvalue())
    return told


@pytest.fixture
def people() -> list[Member]:
    """Three members who spent 100, 1,000 and 3,000 yuan yesterday."""
    ladder()
    yesterday = timezone.localdate() - timedelta(days=1)
    made = []
    for number, yuan in enumerate((100, 1000, 3000)):
        member = cast.member(f"1370000000{number}")
        GrowthDay.objects.create(member=member, day=yesterday, spent=yuan * 10_000)
        made.append(member)
    return made


def test_the_night_by_hand_twice(people: list[Member]) -> None:
    assert run("reevaluate_tiers")["changed"] == 2
    levels = {row.member_id: row.level.code for row in Standing.objects.select_related("level")}
    assert [levels.get(one.pk) for one in people][1:] == ["silver", "silver"]
    assert run("reevaluate_tiers")["changed"] == 0


def test_a_trial_changes_nothing(people: list[Member]) -> None:
    told = run("simulate_tiers", "silver=500", "gold=2500")
    counts = {row["code"]: row["then"] for row in told["levels"]}  # type: ignore[attr-defined]
    assert (counts["silver"], counts["gold"]) == (1, 1)
    assert not Standing.objects.exists()


@pytest.mark.parametrize("word", ["silver", "silver=x", "silver=-1", "nowhere=5", "gold=1"])
def test_what_is_no_ladder_is_refused(people: list[Member], word: str) -> None:
    with pytest.raises(CommandError):
        run("simulate_tiers", word)
