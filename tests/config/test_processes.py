import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from config.processes import Ended, Family

# A child that starts a grandchild, tells both numbers, and stays.
PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
open(sys.argv[1] + ".part", "w").write(f"{child.pid}")
__import__("os").rename(sys.argv[1] + ".part", sys.argv[1])
time.sleep(60)
"""


def _lives(pid: int) -> bool:
    """A zombie that nobody has collected yet does not count as living."""
    state = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout.strip()
    return bool(state) and not state.startswith("Z")


def _gone(pid: int) -> bool:
    deadline = time.monotonic() + 5
    while _lives(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not _lives(pid)


def test_grandchildren_end_with_the_family(tmp_path: Path) -> None:
    told = tmp_path / "pid"
    with Family(os.environ) as family:
        family.start("parent", [sys.executable, "-c", PARENT, str(told)])
        family.wait_until(told.exists, seconds=10)
        grandchild = int(told.read_text())
        assert _lives(grandchild)
    assert _gone(grandchild)


def test_a_child_that_ends_by_itself_is_told(tmp_path: Path) -> None:
    with Family(os.environ) as family:
        family.start("web", [sys.executable, "-c", "raise SystemExit(7)"])
        with pytest.raises(Ended, match="web ended by itself with code 7"):
            family.watch()


def test_waiting_has_an_end() -> None:
    with Family(os.environ) as family:
        family.start("idle", [sys.executable, "-c", "import time; time.sleep(60)"])
        with pytest.raises(TimeoutError, match="not ready"):
            family.wait_until(lambda: False, seconds=0.3)


def test_children_end_when_the_parent_is_killed(tmp_path: Path) -> None:
    """Only Linux can be asked for this; elsewhere the children are left to the person."""
    if sys.platform != "linux":
        return
    told = tmp_path / "pid"
    script = (
        "import os, sys; from config.processes import Family\n"
        "family = Family(os.environ)\n"
        "family.start('child', [sys.executable, '-c', "
        "'import os, sys, time; open(sys.argv[1], \"w\").write(str(os.getpid())); time.sleep(60)', "
        "sys.argv[1]])\n"
        "import time; time.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script, str(told)])
    deadline = time.monotonic() + 10
    while not (told.exists() and told.read_text()) and time.monotonic() < deadline:
        time.sleep(0.05)
    child = int(told.read_text())
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    assert _gone(child)
