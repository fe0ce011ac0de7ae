"""The product refuses to start when it is set up wrongly."""

import os
import re
import subprocess
import sys

import pytest
from django.conf import settings

LONG_KEY = "k3y-" * 16


def _start(**variables: str) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-c", "import django; django.setup()"],
        cwd=settings.BASE_DIR,
        env={**kept, "DJANGO_SETTINGS_MODULE": "config.settings", **variables},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"DEBUG": "false"}, "set SECRET_KEY"),
        ({"DEBUG": "false", "SECRET_KEY": ""}, "set SECRET_KEY"),
        ({"DEBUG": "flase"}, "DEBUG='flase' is neither true nor false"),
        ({"ALLOWED_HOSTS": "points.example"}, "set DEBUG=false"),
        ({"HTTPS": "maybe"}, "HTTPS='maybe' is neither true nor false"),
        ({"UPLOADED_RECEIPTS_KEPT_DAYS": "-1"}, "UPLOADED_RECEIPTS_KEPT_DAYS is not between"),
    ],
)
def test_wrong_environment_stops_the_start(variables: dict[str, str], sentence: str) -> None:
    started = _start(**variables)
    assert started.returncode != 0
    assert sentence in started.stderr


def test_right_environment_starts() -> None:
    started = _start(DEBUG="false", SECRET_KEY=LONG_KEY, ALLOWED_HOSTS="points.example")
    assert (started.returncode, started.stderr) == (0, "")


def test_example_names_every_variable() -> None:
    root = settings.BASE_DIR
    example = set(
        re.findall(
            r"^#?([A-Z_]+)=", (root / ".env.example").read_text(encoding="utf-8"), re.MULTILINE
        )
    )
    read = set(
        re.findall(
            r'(?:env\.\w+|flag|environ\.get)\(\s*["\'](\w+)["\']',
            (root / "config" / "settings.py").read_text(encoding="utf-8")
            + (root / "config" / "gunicorn.py").read_text(encoding="utf-8"),
        )
    )
    assert example == read | {"POSTGRES_PASSWORD"}
