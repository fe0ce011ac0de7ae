"""docs/presets.md says of each preset what its file says; `table` is what belongs there."""

import pytest
from django.conf import settings

from campaigns.services import presets, replays

pytestmark = pytest.mark.django_db


def table() -> list[str]:
    rows = [
        "| | 预设方案 · preset | 成立 · holds | 待 · open | 还需要 · needs |",
        "|---|---|---:|---:|---|",
    ]
    totals = [0, 0]
    for preset in presets.available():
        report = replays.replay(preset)
        counts = [report.count(replays.PASSED), report.count(replays.OPEN)]
        totals = [total + count for total, count in zip(totals, counts, strict=True)]
        waiting = report.open_by_need()
        needs = "<br>".join(
            f"`{need.code}` ×{waiting[need.code]} ({', '.join(need.numbers)}): "
            f"{need.text} · {need.text_en}"
            for need in preset.needs
        )
        name = f"[{preset.name} · {preset.name_en}](../campaigns/presets/{preset.slug}.toml)"
        rows.append(f"| {preset.id} | {name} | {counts[0]} | {counts[1]} | {needs or '–'} |")
    rows.append(f"| | 合计 · total | {totals[0]} | {totals[1]} | |")
    return rows


def test_the_table_is_what_the_files_say() -> None:
    text = (settings.BASE_DIR / "docs" / "presets.md").read_text(encoding="utf-8")
    found = [line for line in text.splitlines() if line.startswith("|")]
    assert found[: len(table())] == table()
