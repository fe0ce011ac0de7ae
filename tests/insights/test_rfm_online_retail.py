"""The RFM table of a year of real receipts is that of an independent calculation."""

import json
import time
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from insights.models import RfmScore
from insights.services import rfm
from members.models import Member, Segment
from members.selectors import segments
from stores.models import Store
from tests.insights import rfm_oracle
from tests.insights.conftest import NOW
from tests.sales.test_online_retail import run_import, shop

__all__ = ["shop"]  # a fixture

AS_OF = date(2011, 12, 9)


def assert_agrees(path: Path) -> None:
    expected = rfm_oracle.figures(path, AS_OF)
    numbers = dict(Member.objects.values_list("pk", "external_number"))
    found = {
        numbers[one.pk]: rfm_oracle.Figures(
            one.first_on,
            one.last_on,
            (AS_OF - one.last_on).days,
            one.purchases,
            one.yuan,
            one.group,
        )
        for one in RfmScore.objects.all()
    }
    assert found == expected

    out = StringIO()
    call_command("rfm_report", as_of=AS_OF.isoformat(), json=True, stdout=out)
    report = json.loads(out.getvalue())
    groups = {row["group"]: (row["members"], Decimal(row["yuan"])) for row in report["groups"]}
    assert groups == rfm_oracle.groups(expected)
    cells = {(c["r"], c["f"], c["m"]): (c["members"], Decimal(c["yuan"])) for c in report["cells"]}
    assert cells == rfm_oracle.cells(expected)
    assert len(report["heat"]) == 25
    assert sum(cell["members"] for cell in report["heat"]) == report["members"] == len(expected)

    for code, (count, _yuan) in groups.items():
        assert Segment.objects.get(code=code).size == count
        assert {numbers[pk] for pk in segments.in_segment(code)} == {
            number for number, one in expected.items() if one.group == code
        }


@pytest.mark.usefixtures("shop")
def test_the_slice_s_table_is_that_of_an_independent_calculation(shared_data: Path) -> None:
    path = shared_data / "online-retail" / "online_retail_slice.csv.gz"
    run_import(path)

    first = rfm.run(as_of=AS_OF, now=NOW)
    assert first.changed == first.members > 300
    assert_agrees(path)

    again = rfm.run(as_of=AS_OF, now=NOW)
    assert (again.changed, again.moved, again.result) == (0, 0, first.result)


@pytest.mark.long
def test_the_whole_file_s_table_is_that_of_an_independent_calculation(
    shop: Store, shared_data: Path, record_property: Callable[[str, object], None]
) -> None:
    path = shared_data / "online-retail" / "online_retail.csv.gz"
    run_import(path)

    start = time.perf_counter()
    job = rfm.run(as_of=AS_OF, now=NOW)
    record_property("seconds", round(time.perf_counter() - start, 2))
    record_property("groups", {name: count for name, (count, _sum) in job.result["groups"].items()})
    # Of 4,372 members, those with returns or worthless receipts only have bought nothing.
    assert job.members == 4_338
    assert_agrees(path)
