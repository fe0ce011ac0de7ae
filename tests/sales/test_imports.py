"""Files of receipts: what lands, what is refused, and what a kill in the middle leaves."""

import csv
import gzip
import io
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from members.models import Member
from points.selectors import audit
from sales.exceptions import ImportTakenOver
from sales.models import ImportIssue, ImportRun, Receipt, ReceiptLine
from sales.services import imports, mapping, reports
from sales.services.imports import Progress
from stores.exceptions import FileRefused
from stores.models import Store
from tests.sales.conftest import NOON, net

pytestmark = pytest.mark.usefixtures("rule")

STANDARD = mapping.DEFAULT.read_text(encoding="utf-8")
HEADER = "单号,类型,时间,会员,商品编码,商品名称,数量,单价,原单号"

GOOD = f"""{HEADER}
S1,销售,2026-03-01 10:00,E-1,TEA,龙井,2,50,
S2,销售,2026-03-01 11:00,E-2,CAKE,桂花糕,1,12.5,
S1,销售,2026-03-01 10:00,E-1,POT,紫砂壶,1,250,
R1,退货,2026-03-01 12:00,E-1,TEA,龙井,1,50,S1
S3,销售,2026-03-01 09:00,,TEA,龙井,1,50,
"""


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def _write(text: str | bytes = GOOD, name: str = "receipts.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return _write


def start(store: Store, path: Path, **options: Any) -> ImportRun:
    fields: dict[str, Any] = {
        "mapping_text": STANDARD,
        "create_members": True,
        "is_dry_run": False,
        "actor": "test",
        "now": NOON,
    }
    return imports.start(store=store, path=path, name=path.name, **(fields | options))


def load(store: Store, path: Path, **options: Any) -> ImportRun:
    return imports.work(run=start(store, path, **options), path=path, now=NOON)


def issues(run: ImportRun) -> list[tuple[int, str, str, str]]:
    rows = run.issues.order_by("row").values_list("row", "number", "column", "code")
    return list(rows)


def test_a_file_lands_in_the_order_of_time(store: Store, write: Callable[..., Path]) -> None:
    run = load(store, write())

    assert (run.state, run.rows_read, run.rows_refused) == ("done", 5, 0)
    assert (run.receipts_new, run.lines_new, run.members_new) == (4, 5, 2)
    assert (run.points_earned, run.points_clawed) == (362, 50)
    assert set(Member.objects.values_list("source", flat=True)) == {Member.Source.IMPORT}
    numbers = Receipt.objects.order_by("pk").values_list("number", flat=True)
    assert list(numbers) == ["S3", "S1", "S2", "R1"]
    sale = Receipt.objects.get(number="S1")
    assert (sale.total, sale.returned_total, sale.source) == (Decimal(350), Decimal(50), "import")
    assert net(Member.objects.get(external_number="E-1")) == 300
    assert audit.run().is_clean


def test_the_same_file_again_changes_nothing(store: Store, write: Callable[..., Path]) -> None:
    load(store, write())

    again = load(store, write())

    assert (again.receipts_new, again.receipts_known, again.members_new) == (0, 4, 0)
    assert (again.points_earned, again.points_clawed, again.lines_new) == (0, 0, 0)
    assert ReceiptLine.objects.count() == 5


def test_a_workbook_and_a_chinese_windows_file_land_alike(
    store: Store, write: Callable[..., Path]
) -> None:
    load(store, write(GOOD.encode("gb18030")))
    again = load(store, write(gzip.compress(GOOD.encode("utf-8-sig")), "receipts.csv.gz"))

    assert again.receipts_known == 4


SAYING_MORE = f"""{HEADER},业态,完成时间,券支付,积分支付,行类型,品类
S1,销售,2026-03-01 10:00,E-1,TEA,龙井,2,50,,,,0,,,tea
S1,销售,2026-03-01 10:00,E-1,POST,运费,1,10,,餐饮,2026-03-05 18:00,10.5,,运费,
S1,销售,2026-03-01 10:00,E-1,POT,紫砂壶,1,250,,餐饮,2026-03-05T18:00+08:00,10.50,99.5,商品,pots
S2,销售,2026-03-01 11:00,E-1,TEA,龙井,1,50,,,,,,,
R1,退货,2026-03-01 12:00,E-1,POST,运费,1,10,,住宿,,0,0,运费,tea
"""


@pytest.mark.parametrize("is_dry_run", [False, True])
def test_a_file_may_say_more_of_its_receipts(
    store: Store, write: Callable[..., Path], is_dry_run: bool
) -> None:
    run = load(store, write(SAYING_MORE), is_dry_run=is_dry_run)
    assert (run.state, run.receipts_new, run.rows_refused) == ("done", 3, 0)
    if is_dry_run:
        return
    heads = Receipt.objects.order_by("number").values_list(
        "number", "business", "completed_at", "paid_by_coupon", "paid_by_points"
    )
    done = datetime(2026, 3, 5, 10, tzinfo=UTC)
    assert list(heads) == [
        ("R1", "住宿", None, 0, 0),
        ("S1", "餐饮", done, Decimal("10.5"), Decimal("99.5")),
        ("S2", "", None, 0, 0),
    ]
    lines = ReceiptLine.objects.order_by("receipt__number", "line_no")
    assert list(lines.values_list("sku", "kind", "category")) == [
        ("POST", "freight", "tea"),
        ("TEA", "goods", "tea"),
        ("POST", "freight", ""),
        ("POT", "goods", "pots"),
        ("TEA", "goods", ""),
    ]
    assert load(store, write(SAYING_MORE)).receipts_known == 3


def test_rows_that_contradict_each_other_are_refused(
    store: Store, write: Callable[..., Path]
) -> None:
    heads = [("餐饮,,,", "住宿,,,"), (",2026-03-05,,", ",2026-03-06,,"), (",,1,", ",,2,"),
             (",,,1", ",,,2"), (",,1,", ",,0,")]  # fmt: skip
    rows = [
        f"S{n},销售,2026-03-01 10:00,E-1,TEA,龙井,2,50,,{head},,"
        for n, pair in enumerate(heads)
        for head in pair
    ]
    run = load(store, write("\n".join([SAYING_MORE.splitlines()[0], *rows])))

    assert [(row, code) for row, _number, _column, code in issues(run)] == [
        (2, "mixed_businesses"), (3, "mixed_businesses"),
        (4, "mixed_completions"), (5, "mixed_completions"),
        (6, "mixed_payments"), (7, "mixed_payments"),
        (8, "mixed_payments"), (9, "mixed_payments"),
    ]  # fmt: skip
    assert list(Receipt.objects.values_list("number", flat=True)) == ["S4"]


def test_what_a_receipt_may_not_say_is_told_with_its_column(
    store: Store, write: Callable[..., Path]
) -> None:
    text = f"""{SAYING_MORE.splitlines()[0]}
S1,销售,2026-03-01 10:00,E-1,TEA,龙井,1,50,,,2026-02-28,,,,
S2,销售,2026-03-01 10:00,E-1,TEA,龙井,1,50,,,,50.01,,,
S3,销售,2026-03-01 10:00,E-1,TEA,龙井,1,50,,,,-1,,,
S4,销售,2026-03-01 10:00,E-1,TEA,龙井,1,50,,,,,,赠品,
R1,退货,2026-03-01 10:00,E-1,TEA,龙井,1,50,,,,1,,,
"""
    assert issues(load(store, write(text))) == [
        (2, "S1", "完成时间", "completed_before_sale"),
        (3, "S2", "券支付", "paid_more_than_total"),
        (4, "S3", "券支付", "amount_out_of_range"),
        (5, "S4", "行类型", "line_kind_unknown"),
        (6, "R1", "券支付", "not_on_return"),
    ]


BAD_ROWS = f"""{HEADER}
S1,销售,2026-03-01 10:00,E-1,TEA,龙井,2,50,
S1,销售,2026-03-01 10:00,E-1,POT,紫砂壶,1,-250,
S2,销售,2099-01-01 10:00,E-1,TEA,龙井,1,50,
S3,销售,2026-03-01 10:00,E-1,TEA,{"x" * 10_000_000},1,50,
S4,销售,2026-03-01 10:00,E-1,TEA,a\x00b,1,50,
S5,赠送,2026-03-01 10:00,E-1,TEA,龙井,1,50,
S6,销售,yesterday,E-1,TEA,龙井,1,50,
S7,销售,2026-03-01 10:00,E-1,TEA,龙井,one,50,
S8,销售,2026-03-01 10:00,E-1
S9,销售,2026-03-01 10:00,E-1,TEA,"龙井,1,50,
,销售,2026-03-01 10:00,E-1,TEA,龙井,1,50,
T1,销售,2026-03-01 10:00,E-1,TEA,龙井,1,50,
T1,销售,2026-03-01 10:00,E-2,TEA,龙井,1,50,
T2,退货,2026-03-01 10:00,E-1,TEA,龙井,1,50,OK
OK,销售,2026-03-01 10:00,E-1,COFFEE,咖啡,1,30,
OK,销售,2026-03-01 10:00,,COFFEE,咖啡,1,30,
"""


MORE = """U1,销售,2026-03-01 10:00,E-1,TEA,龙井,2,50,
U2,销售,2026-03-01 11:00,E-2,CAKE,桂花糕,1,12.5,
U3,退货,2026-03-01 12:00,E-1,TEA,龙井,1,50,U1
"""


def test_bad_rows_are_refused_with_their_receipts_and_the_rest_lands(
    store: Store, write: Callable[..., Path]
) -> None:
    run = load(store, write(BAD_ROWS))

    assert issues(run) == [
        (2, "S1", "", "receipt_incomplete"),
        (3, "S1", "单价", "price_negative"),
        (4, "S2", "时间", "date_in_future"),
        (5, "S3", "商品名称", "text_too_long"),
        (6, "S4", "商品名称", "unsafe_characters"),
        (7, "S5", "类型", "kind_unknown"),
        (8, "S6", "时间", "not_a_time"),
        (9, "S7", "数量", "not_a_number"),
        (10, "S8", "", "wrong_cell_count"),
        (11, "S9", "", "unclosed_quote"),
        (12, "", "单号", "required"),
        (13, "T1", "", "mixed_members"),
        (14, "T1", "", "mixed_members"),
        (15, "T2", "商品编码", "sku_not_sold"),
    ]
    assert (run.rows_read, run.rows_refused) == (16, 14)
    assert list(Receipt.objects.values_list("number", "total")) == [("OK", Decimal(60))]
    assert all(reports.sentence(issue) for issue in run.issues.all())

    again = load(store, write(BAD_ROWS))
    assert (again.receipts_new, again.receipts_known, again.rows_refused) == (0, 1, 14)


def test_a_number_that_is_there_with_other_content_is_refused(
    store: Store, write: Callable[..., Path]
) -> None:
    load(store, write())

    run = load(store, write(GOOD.replace("桂花糕,1,12.5", "桂花糕,2,12.5")))

    assert issues(run) == [(3, "S2", "单号", "duplicate_number")]
    assert (run.receipts_new, run.receipts_known) == (0, 3)


def test_unknown_members_are_refused_unless_they_are_to_be_created(
    store: Store, write: Callable[..., Path]
) -> None:
    run = load(store, write(), create_members=False)

    assert [issue[3] for issue in issues(run)] == ["unknown_member"] * 4
    assert list(Receipt.objects.values_list("number", flat=True)) == ["S3"]
    # Refusing is for now: with the members there, the same file brings the rest.
    assert load(store, write()).receipts_new == 3


def test_a_dry_run_tells_and_writes_nothing(store: Store, write: Callable[..., Path]) -> None:
    run = load(store, write(), is_dry_run=True)

    assert (run.receipts_new, run.points_earned, run.points_clawed) == (4, 362, 50)
    assert (run.receipts_waiting, run.members_new) == (0, 2)
    assert not Receipt.objects.exists()
    assert not Member.objects.exists()
    assert load(store, write()).receipts_new == 4


@pytest.mark.parametrize("where", [0, 1, 2])
def test_a_killed_import_goes_on_without_gap_or_repetition(
    store: Store,
    write: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
    where: int,
) -> None:
    monkeypatch.setattr(imports, "BATCH_RECEIPTS", 1)
    path = write(BAD_ROWS + MORE)
    batches = 0

    def die(progress: Progress) -> None:
        nonlocal batches
        batches += progress.phase == "posting"
        if batches > where:
            raise KeyboardInterrupt

    run = start(store, path)
    with pytest.raises(KeyboardInterrupt):
        imports.work(run=run, path=path, now=NOON, observe=die)

    same = start(store, path)
    assert same == run
    done = imports.work(run=same, path=path, now=NOON + timedelta(minutes=1))

    assert (done.state, done.receipts_new, done.receipts_known) == ("done", 4, 0)
    assert done.rows_read == 19
    assert done.cursor == done.receipts_total
    assert len(issues(done)) == done.rows_refused == ImportIssue.objects.count()
    assert audit.run().is_clean


def test_two_processes_cannot_both_go_on(
    store: Store, write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "BATCH_RECEIPTS", 1)
    path = write()
    first = start(store, path)
    overtaken = False

    def overtake(progress: Progress) -> None:
        nonlocal overtaken
        if progress.phase == "posting" and not overtaken:
            overtaken = True
            imports.work(run=start(store, path), path=path, now=NOON)

    with pytest.raises(ImportTakenOver):
        imports.work(run=first, path=path, now=NOON, observe=overtake)

    run = ImportRun.objects.get()
    assert (run.state, run.receipts_new, run.receipts_known) == ("done", 4, 0)


def test_a_file_that_changed_meanwhile_is_refused(store: Store, write: Callable[..., Path]) -> None:
    run = start(store, write())

    with pytest.raises(FileRefused) as refused:
        imports.work(run=run, path=write(GOOD + "\n"), now=NOON)

    assert refused.value.code == "file_changed"


def test_a_file_cut_off_brings_nothing_at_all(store: Store, write: Callable[..., Path]) -> None:
    rows = "".join(f"N{n},销售,2026-03-01 10:00,E-1,TEA,{n},1,1,\n" for n in range(5000))
    path = write(gzip.compress((GOOD + rows).encode())[:-100], "receipts.csv.gz")

    with pytest.raises(FileRefused) as refused:
        load(store, path)

    assert refused.value.code == "file_damaged"
    run = ImportRun.objects.get()
    assert (run.state, run.refusal != "") == ("refused", True)
    assert not Receipt.objects.exists()


def test_without_a_rule_no_file_is_taken(
    db: None, store: Store, write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    from campaigns.policies.timetables import Timetable
    from campaigns.selectors import rules

    monkeypatch.setattr(rules, "timetable", lambda: Timetable([]))

    with pytest.raises(FileRefused) as refused:
        start(store, write())

    assert refused.value.code == "no_rule"


def test_the_report_runs_no_formulas(store: Store, write: Callable[..., Path]) -> None:
    text = f'{HEADER}\n"=HYPERLINK(""http://x"")",销售,2026-03-01,E-1,@SUM,龙井,x,1,\n'
    run = load(store, write(text))
    stream = io.StringIO()

    reports.write(run=run, stream=stream)

    rows = list(csv.reader(io.StringIO(stream.getvalue())))
    assert rows[1][:4] == ["2", '\'=HYPERLINK("http://x")', "数量", "not_a_number"]
    assert "".join(reports.lines(run)) == "\ufeff" + stream.getvalue()


def test_more_issues_than_are_listed_are_counted(
    store: Store, write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "MAX_ISSUES", 3)
    rows = "".join(f"N{n},销售,2026-03-01 10:00,,TEA,,x,1,\n" for n in range(5))

    run = load(store, write(f"{HEADER}\n{rows}"))

    assert (run.rows_refused, len(issues(run))) == (5, 3)
    assert "2" in list(reports.rows(run))[-1][-1]


def test_memory_does_not_grow_with_the_file(store: Store, write: Callable[..., Path]) -> None:
    def peak(rows: int) -> int:
        body = "".join(
            f"G{n // 4},销售,2026-03-01 10:00,,SKU{n % 50},{'x' * 100},1,1,\n" for n in range(rows)
        )
        path = write(f"{HEADER}\n{body}", f"{rows}.csv")
        del body
        tracemalloc.start()
        load(store, path)
        _now, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    load(store, write())
    assert peak(15_000) < 1.5 * peak(6_000)


# --- the command ---------------------------------------------------------------------------------


def run_command(path: Path, **options: Any) -> str:
    out = io.StringIO()
    call_command("import_receipts", path, store="HZ1", stdout=out, verbosity=0, **options)
    return out.getvalue()


def test_the_command_imports_and_reports(
    store: Store, write: Callable[..., Path], tmp_path: Path
) -> None:
    report = tmp_path / "refused.csv"

    out = run_command(write(BAD_ROWS), create_members=True, report=report, actor="wang")

    assert "16" in out
    assert "14" in out
    assert len(report.read_text(encoding="utf-8-sig").splitlines()) == 15
    assert ImportRun.objects.get().actor == "wang"


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"path": "missing.csv"}, "file_not_found"),
        ({"store": "none"}, ""),
        ({"text": "a,b\n1,2\n"}, "column_missing"),
        ({"mapping": "broken = "}, "mapping_invalid"),
        ({"name": "r.xlsx"}, "not_xlsx"),
    ],
)
def test_the_command_refuses_with_a_sentence_and_no_traceback(
    store: Store,
    write: Callable[..., Path],
    tmp_path: Path,
    options: dict[str, str],
    code: str,
) -> None:
    path = write(options.get("text", GOOD), options.get("name", "receipts.csv"))
    plan = tmp_path / "plan.toml"
    plan.write_text(options.get("mapping", STANDARD), encoding="utf-8")

    with pytest.raises(CommandError) as refused:
        call_command(
            "import_receipts",
            tmp_path / options.get("path", path.name),
            store=options.get("store", "HZ1"),
            mapping=plan,
            verbosity=0,
        )

    assert code in str(refused.value)


def test_progress_is_seen_by_others_while_it_works(
    store: Store, write: Callable[..., Path]
) -> None:
    seen: list[Progress] = []

    imports.work(run=start(store, write()), path=write(), now=NOON, observe=seen.append)

    assert {progress.phase for progress in seen} == {"reading", "posting"}
    assert seen[-1] == Progress("posting", 5, 5)
