"""A file from a former system, and the import of it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from points.models import OpeningImport
from points.services.openings import runs
from stores.models import Store
from tests.points.conftest import NOON

HEADER = (
    "客户编号,手机号,姓名,性别,生日,入会日期,归属门店,标签,积分,获得日期,有效期至,批次号,到账日期"
)

Load = Callable[..., OpeningImport]


@pytest.fixture
def hz(db: None) -> Store:
    return Store.objects.create(code="HZ1", name="湖滨店")


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def _write(*lines: str, header: str = HEADER, name: str = "people.csv") -> Path:
        path = tmp_path / name
        path.write_text("\n".join([header, *lines, ""]), encoding="utf-8")
        return path

    return _write


@pytest.fixture
def load(write: Callable[..., Path]) -> Load:
    """Import these lines (a dry run with `is_dry_run`), one file after the other."""

    def _load(*lines: str, header: str = HEADER, **options: Any) -> OpeningImport:
        path = write(*lines, header=header)
        now = options.pop("now", NOON)
        fields: dict[str, Any] = {"store": None, "are_new": False, "is_dry_run": False}
        run = runs.start(path=path, name=path.name, actor="test", now=now, **(fields | options))
        return runs.work(run=run, path=path, now=now)

    return _load


def issues(run: OpeningImport) -> list[tuple[int, str, str, str]]:
    rows = run.issues.order_by("row", "pk").values_list("row", "column", "value", "code")
    return list(rows)


def counts(run: OpeningImport) -> dict[str, int]:
    """What the run says of itself, zeros left out."""
    return {name: count for name in runs.COUNTS if (count := getattr(run, name))}
