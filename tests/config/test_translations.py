import difflib
from pathlib import Path

import pytest
import time_machine

from config import translations


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A product of one Python file and one template."""
    (tmp_path / "stores").mkdir()
    (tmp_path / "templates").mkdir()
    (tmp_path / "stores" / "models.py").write_text(
        'A = _("Store %(name)s")\nB = pgettext("verb", "close")\nC = ngettext("one", "%(n)s", 2)\n'
    )
    (tmp_path / "templates" / "page.html").write_text(
        '<p>It\'s "(odd</p>\n  {% translate "Balance" %}\n'
        "{% blocktranslate trimmed with n=1 %}\n  You have {{ n }} points.\n{% endblocktranslate %}"
    )
    return tmp_path


def _catalogue(house: Path) -> Path:
    return house / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"


def test_extract_reads_python_and_templates(house: Path) -> None:
    found = {(message.id, message.context) for message in translations.extract(house) if message.id}
    assert found == {
        ("Store %(name)s", None),
        ("close", "verb"),
        (("one", "%(n)s"), None),
        ("Balance", None),
        ("You have %(n)s points.", None),
    }


def test_missing_catalogue_is_a_problem(house: Path) -> None:
    assert translations.problems(house, "zh_Hans") == [
        "locale/zh_Hans/LC_MESSAGES/django.po does not exist"
    ]


def test_update_leaves_only_what_is_to_be_translated(house: Path) -> None:
    translations.update(house, "zh_Hans")
    assert len(translations.problems(house, "zh_Hans")) == 5


def test_placeholders_must_agree(house: Path) -> None:
    (house / "templates" / "page.html").unlink()
    (house / "stores" / "models.py").write_text('A = _("Store %(name)s")\nB = _("%s of %s")\n')
    path = _catalogue(house)
    path.parent.mkdir(parents=True)
    path.write_text(
        'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n\n'
        'msgid "Store %(name)s"\nmsgstr "门店 %(nmae)s"\n\n'
        'msgid "%s of %s"\nmsgstr "%s / %s"\n'
    )
    assert translations.problems(house, "zh_Hans") == [
        "stores/models.py:1: placeholders differ: 'Store %(name)s' / '门店 %(nmae)s'",
        "stores/models.py:2: use named placeholders: '%s of %s'",
    ]


def test_compile_writes_once(house: Path) -> None:
    path = translations.update(house, "zh_Hans")
    assert translations.compile_catalogues(house) == [path.with_suffix(".mo")]
    assert translations.compile_catalogues(house) == []


def test_update_twice_is_update_once(house: Path) -> None:
    with time_machine.travel("2026-03-02T04:00:00Z"):
        path = translations.update(house, "zh_Hans")
    once = path.read_bytes()
    with time_machine.travel("2027-03-02T04:00:00Z"):
        translations.update(house, "zh_Hans")
    assert path.read_bytes() == once


def test_a_new_string_changes_its_own_entry_only(house: Path) -> None:
    path = translations.update(house, "zh_Hans")
    before = path.read_text(encoding="utf-8").splitlines()
    source = house / "stores" / "models.py"
    source.write_text('NEW = _("new")\n\n\n' + source.read_text())
    translations.update(house, "zh_Hans")
    after = path.read_text(encoding="utf-8").splitlines()
    changes = [line for line in difflib.ndiff(before, after) if line[0] in "+-"]
    assert sorted(changes) == ["+ ", "+ #: stores/models.py", '+ msgid "new"', '+ msgstr ""']
