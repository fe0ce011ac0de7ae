"""Where Chromium is: `python -m tests.chromium` finds it, or installs it where that needs no one.

The system's own is preferred; Playwright's download is the last resort (and what macOS gets when
no Chrome is installed). None at all is a failure of the set-up, never a skipped test.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.servers import SetUpFailure, apt_install

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_APPLICATIONS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)


def find() -> Path | None:
    """An executable Chromium or Chrome, or None."""
    return next(_candidates(), None)


def _candidates() -> Iterator[Path]:
    for name in _NAMES:
        if (found := shutil.which(name)) is not None:
            yield Path(found)
    yield from (path for text in _APPLICATIONS if (path := Path(text)).exists())
    for root in (
        Path.home() / ".cache/ms-playwright",
        Path.home() / "Library/Caches/ms-playwright",
    ):
        for pattern in (
            "chromium-*/chrome-linux*/chrome",
            "chromium-*/chrome-mac*/*.app/Contents/MacOS/*",
        ):
            yield from sorted(root.glob(pattern), reverse=True)


def ensure() -> Path:
    """As `find`, installing one when there is none."""
    if (found := find()) is not None:
        return found
    if os.geteuid() == 0 and shutil.which("apt-get") is not None:
        apt_install("chromium")
    else:
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=True)
    if (found := find()) is None:
        raise SetUpFailure("no Chromium was found or could be installed")
    return found


if __name__ == "__main__":
    try:
        print(f"Chromium: {ensure()}")
    except (SetUpFailure, subprocess.CalledProcessError) as failure:
        sys.exit(f"set-up of the tests failed: {failure}")
