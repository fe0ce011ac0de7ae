"""Which column of a file means what: recognised by its name, in Chinese or English."""

import unicodedata
from collections.abc import Sequence

from stores.exceptions import FileRefused

# Field, its name in the two templates, and other names under which it is met. Names of files,
# not of pages: a Chinese file is read by an English system and the other way round.
COLUMNS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "external": (
        "客户编号",
        "external number",
        ("外部编号", "原会员号", "原卡号", "customer number", "customer id", "external id"),
    ),
    "phone": ("手机号", "phone", ("手机", "手机号码", "电话", "mobile", "mobile number")),
    "name": ("姓名", "name", ("名字", "会员姓名", "full name")),
    "gender": ("性别", "gender", ("sex",)),
    "birthday": ("生日", "birthday", ("出生日期", "date of birth")),
    "joined": ("入会日期", "joined on", ("注册日期", "入会时间", "注册时间", "joined")),
    "store": ("归属门店", "home store", ("门店编码", "门店", "store", "store code")),
    "tags": ("标签", "tags", ("tag",)),
    "points": ("积分", "points", ("积分余额", "剩余积分", "balance")),
    "earned": ("获得日期", "earned on", ("积分日期", "获得时间", "earned")),
    "valid": ("有效期至", "valid until", ("到期日", "到期日期", "失效日期", "expires on")),
    "credited": ("到账日期", "credited on", ("待入账至", "pending until", "usable from")),
    "lot": ("批次号", "lot number", ("积分批次", "lot", "batch number")),
}
FIELDS = tuple(COLUMNS)
LANGUAGES = ("zh", "en")


def template(language: str) -> list[str]:
    """The header of an empty file to fill in."""
    is_chinese = language == "zh"
    return [chinese if is_chinese else english for chinese, english, _others in COLUMNS.values()]


def found(header: Sequence[str]) -> tuple[dict[str, int], list[str]]:
    """Where each field stands, and the columns that mean nothing here.

    Raises `FileRefused` when a column is there twice, nobody could be told apart, or points
    come without a column of their last day: misspelt, it would make them last for ever.
    """
    places: dict[str, int] = {}
    unused: list[str] = []
    for place, title in enumerate(header):
        field = _BY_NAME.get(_plain(title))
        if field in places:
            raise FileRefused("column_twice", column=title[:64])
        if field is not None:
            places[field] = place
        elif title:
            unused.append(title[:64])
    if "external" not in places and "phone" not in places:
        raise FileRefused("column_missing", column=_named("external", "phone"))
    if "points" in places and "valid" not in places:
        raise FileRefused("column_missing", column=_named("valid"))
    return places, unused


def _named(*fields: str) -> str:
    return " / ".join(name for field in fields for name in COLUMNS[field][:2])


def _plain(title: str) -> str:
    folded = unicodedata.normalize("NFKC", title[:200]).casefold()
    return "".join(character for character in folded if character not in " _-*\t\r\n")


_BY_NAME = {
    _plain(name): field
    for field, (chinese, english, others) in COLUMNS.items()
    for name in (chinese, english, *others)
}
