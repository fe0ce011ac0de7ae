"""The house's rules that import-linter cannot see."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db.models import Model

LADDER = (
    "config",
    "insights",
    "sales",
    "campaigns",
    "mall",
    "tiers",
    "points",
    "notifications",
    "members",
    "stores",
)
APPS = LADDER[1:]
FILES = {
    "__init__",
    "apps",
    "policies",
    "exceptions",
    "signals",
    "models",
    "selectors",
    "services",
    "forms",
    "api",
    "views",
    "urls",
    "admin",
    "templatetags",
    "tasks",
    "receivers",
    "management",
    "migrations",
}
ROOT: Path = settings.BASE_DIR
LONGEST_FILE = 400


def _references_up() -> Iterator[str]:
    for model in apps.get_models():
        own = model._meta.app_label
        if own not in LADDER:
            continue
        for field in model._meta.get_fields():
            target = field.related_model if field.concrete else None
            if isinstance(target, type) and issubclass(target, Model):
                label = target._meta.app_label
                if label in LADDER and LADDER.index(label) < LADDER.index(own):
                    yield f"{own}.{model.__name__}.{field.name} -> {label}"


def test_no_model_refers_up_the_ladder() -> None:
    """A foreign key given as a string is an import that import-linter is blind to."""
    assert list(_references_up()) == []


@pytest.mark.parametrize("app", APPS)
def test_app_has_only_files_of_the_list(app: str) -> None:
    found = {
        path.stem
        for path in (ROOT / app).iterdir()
        if path.suffix == ".py" or any(path.rglob("*.py"))
    }
    assert found - FILES == set()


def test_no_file_grows_past_its_length() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for app in LADDER
        for path in sorted((ROOT / app).rglob("*.py"))
        if "migrations" not in path.parts
        and (lines := len(path.read_text(encoding="utf-8").splitlines())) > LONGEST_FILE
    }
    assert long == {}


EDGES = {"views", "admin", "api", "tasks", "management", "templatetags"}


def _clock_calls(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            name = f"{owner.id if isinstance(owner, ast.Name) else ''}.{node.func.attr}"
            if name in {
                "timezone.now",
                "datetime.now",
                "date.today",
                "timezone.localdate",
            } and not (name == "timezone.localdate" and node.args):
                yield f"{path.relative_to(ROOT)}:{node.lineno} {name}"


def test_clock_is_read_only_at_an_edge() -> None:
    """What takes its time as an argument can be run again for any day, and tested for any."""
    below = [
        path
        for app in APPS
        for path in sorted((ROOT / app).rglob("*.py"))
        if not EDGES & {*path.relative_to(ROOT).parts, path.stem} and "migrations" not in path.parts
    ]
    assert [call for path in below for call in _clock_calls(path)] == []
