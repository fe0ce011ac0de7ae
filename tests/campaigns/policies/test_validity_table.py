"""From when points no longer count, by policy: year ends, quarters, 29 February, month ends.

Every line was worked out by hand on a calendar; days are those of Shanghai.
"""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from campaigns.policies.periods import Validity

SHANGHAI = ZoneInfo("Asia/Shanghai")

# policy | earned at | first day on which they no longer count
CASES = """
months 12     | 2025-12-31T23:59 | 2026-12-31
months 12     | 2026-01-01T00:00 | 2027-01-01
months 12     | 2024-02-29T00:00 | 2025-03-01
months 12     | 2024-02-29T23:59 | 2025-03-01
months 12     | 2024-02-28T12:00 | 2025-02-28
months 12     | 2024-03-01T00:00 | 2025-03-01
months 12     | 2027-02-28T12:00 | 2028-02-28
months 12     | 2027-03-01T00:00 | 2028-03-01
months 24     | 2024-02-29T12:00 | 2026-03-01
months 36     | 2024-02-29T12:00 | 2027-03-01
months 48     | 2024-02-29T12:00 | 2028-02-29
months 1      | 2024-01-29T12:00 | 2024-02-29
months 1      | 2024-01-30T12:00 | 2024-03-01
months 1      | 2024-01-31T12:00 | 2024-03-01
months 1      | 2025-01-29T12:00 | 2025-03-01
months 1      | 2025-01-28T12:00 | 2025-02-28
months 1      | 2026-03-31T12:00 | 2026-05-01
months 1      | 2026-04-30T12:00 | 2026-05-30
months 1      | 2026-12-31T23:59 | 2027-01-31
months 2      | 2023-12-30T12:00 | 2024-03-01
months 2      | 2023-12-29T12:00 | 2024-02-29
months 3      | 2026-11-30T12:00 | 2027-03-01
months 6      | 2026-08-31T12:00 | 2027-03-01
months 6      | 2027-08-29T12:00 | 2028-02-29
months 6      | 2027-08-30T12:00 | 2028-03-01
months 18     | 2026-08-31T12:00 | 2028-03-01
months 18     | 2026-08-29T12:00 | 2028-02-29
days 1        | 2026-12-31T23:59 | 2027-01-01
days 30       | 2024-01-30T00:00 | 2024-02-29
days 30       | 2024-01-31T00:00 | 2024-03-01
days 30       | 2025-01-30T00:00 | 2025-03-01
days 30       | 2026-12-02T10:00 | 2027-01-01
days 365      | 2024-02-29T10:00 | 2025-02-28
days 365      | 2023-03-01T10:00 | 2024-02-29
days 365      | 2026-01-01T00:00 | 2027-01-01
days 366      | 2024-01-01T00:00 | 2025-01-01
days 366      | 2024-02-29T10:00 | 2025-03-01
days 366      | 2027-02-28T10:00 | 2028-02-29
year_end 0    | 2026-01-01T00:00 | 2027-01-01
year_end 0    | 2026-12-31T23:59 | 2027-01-01
year_end 0    | 2024-02-29T12:00 | 2025-01-01
year_end 0    | 2027-01-01T00:00 | 2028-01-01
year_end 1    | 2026-01-01T00:00 | 2028-01-01
year_end 1    | 2026-12-31T23:59 | 2028-01-01
year_end 1    | 2024-02-29T12:00 | 2026-01-01
year_end 2    | 2024-02-29T12:00 | 2027-01-01
year_end 2    | 2026-06-15T12:00 | 2029-01-01
quarter_end 0 | 2026-01-01T00:00 | 2026-04-01
quarter_end 0 | 2026-03-31T23:59 | 2026-04-01
quarter_end 0 | 2026-04-01T00:00 | 2026-07-01
quarter_end 0 | 2026-06-30T23:59 | 2026-07-01
quarter_end 0 | 2026-09-30T23:59 | 2026-10-01
quarter_end 0 | 2026-10-01T00:00 | 2027-01-01
quarter_end 0 | 2026-12-31T23:59 | 2027-01-01
quarter_end 0 | 2024-02-29T12:00 | 2024-04-01
quarter_end 1 | 2026-12-31T23:59 | 2027-04-01
quarter_end 1 | 2026-10-01T00:00 | 2027-04-01
quarter_end 1 | 2023-12-31T12:00 | 2024-04-01
quarter_end 3 | 2026-01-01T00:00 | 2027-01-01
quarter_end 3 | 2024-02-29T12:00 | 2025-01-01
quarter_end 4 | 2024-02-29T12:00 | 2025-04-01
date 2026-12-31 | 2026-01-01T00:00 | 2027-01-01
date 2026-12-31 | 2026-12-31T23:59 | 2027-01-01
date 2026-12-31 | 2027-01-01T00:00 | 2027-01-02
date 2028-02-29 | 2026-01-01T00:00 | 2028-03-01
date 2027-02-28 | 2026-01-01T00:00 | 2027-03-01
never         | 2024-02-29T12:00 | -
never         | 2026-12-31T23:59 | -
"""


def lines(table: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.split("|")] for line in table.strip("\n").splitlines()]


def validity(text: str) -> Validity:
    kind, _space, rest = text.partition(" ")
    if kind == "date":
        return Validity("date", last_day=date.fromisoformat(rest))
    return Validity(kind, int(rest or 0))  # type: ignore[arg-type]  # the table says its kinds


@pytest.mark.parametrize("case", lines(CASES), ids=" ".join)
def test_from_when_points_no_longer_count(case: list[str]) -> None:
    policy, earned, dead = case
    at = datetime.fromisoformat(earned).replace(tzinfo=SHANGHAI)
    ends = validity(policy).ends_at(at, SHANGHAI)
    if dead == "-":
        assert ends is None
        return
    assert ends == datetime.fromisoformat(dead).replace(tzinfo=SHANGHAI)
    assert ends > at
