"""China's divisions, and addresses read from a pasted line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from members.policies import regions
from members.policies.addresses import Parsed, parse


def test_every_division_has_a_way_up_and_every_leaf_is_whole() -> None:
    todo, leaves, seen = [""], 0, 0
    while todo:
        for code, name in regions.children(todo.pop()):
            seen += 1
            assert name
            assert regions.path(code)[-1] == code
            assert len(regions.path(code)) <= 3
            leaves += regions.is_whole(code)
            todo.append(code)
    assert len(regions.children()) == 34
    assert seen > 3000
    assert leaves > 2800


@pytest.mark.parametrize(
    ("code", "name", "is_whole"),
    [
        ("330106", "浙江省杭州市西湖区", True),
        ("330100", "浙江省杭州市", False),
        ("110105", "北京市朝阳区", True),
        ("469006", "海南省万宁市", True),
        ("441900", "广东省东莞市", True),
        ("810000", "香港特别行政区", True),
        ("999999", "999999", False),
    ],
)
def test_names(code: str, name: str, is_whole: bool) -> None:
    assert regions.name(code) == name
    assert regions.is_whole(code) is is_whole


WENSAN = ("13800138000", "330106")


@pytest.mark.parametrize(
    ("line", "parsed"),
    [
        (
            "林小雨 13800138000 浙江省杭州市西湖区文三路 90 号",
            Parsed("林小雨", *WENSAN, "文三路 90 号"),
        ),
        (
            "浙江杭州西湖区文三路90号，王五，+86 138 0013 8000",
            Parsed("王五", *WENSAN, "文三路90号"),
        ),
        (
            "收货人：张三 电话:１３８００１３８０００ 地址：浙江省杭州市西湖区文三路90号",  # noqa: RUF001 - people type them
            Parsed("张三", *WENSAN, "文三路90号"),
        ),
        (
            "浙江省 杭州市 西湖区 文三路 赵六 13800138000",
            Parsed("赵六", *WENSAN, "文三路"),
        ),
        ("上海浦东新区世纪大道100号", Parsed("", "", "310115", "世纪大道100号")),
        ("吉林省长春市朝阳区", Parsed("", "", "220104", "")),
        # Two cities have a district of this name: a guess would send the parcel to one of them.
        ("朝阳区建国路1号", Parsed("朝阳区建国路1号", "", "", "")),
        ("", Parsed()),
    ],
)
def test_lines(line: str, parsed: Parsed) -> None:
    assert parse(line) == parsed


@given(st.text(max_size=400))
def test_any_line_is_read_without_an_error(text: str) -> None:
    region = parse(text).region
    assert not region or regions.path(region)
