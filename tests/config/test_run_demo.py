"""`make run`, as a newcomer meets it."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from tests.servers import free_port

PHONE = "13800000001"


class Demo:
    """A running demo whose output can be waited for."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._log = folder / "log"
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        with self._log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "run_demo", "--members", "6"],
                cwd=settings.BASE_DIR,
                env={**kept, "PORT": str(self.port), "VAR_DIR": str(folder / "var")},
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def output(self) -> str:
        return self._log.read_text(encoding="utf-8")

    def wait_for(self, text: str, *, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while text not in self.output():
            if self.process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"{text!r} never came:\n{self.output()}")
            time.sleep(0.1)

    def children(self) -> list[int]:
        listed = subprocess.run(
            ["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True
        ).stdout
        parents = {int(pid): int(ppid) for pid, ppid in map(str.split, listed.splitlines())}
        ours = {self.process.pid}
        while more := {pid for pid, ppid in parents.items() if ppid in ours} - ours:
            ours |= more
        return sorted(ours - {self.process.pid})


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    running = Demo(tmp_path)
    yield running
    running.process.terminate()
    running.process.wait(timeout=30)


def _lives(pid: int) -> bool:
    listed = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout.strip()
    return bool(listed) and not listed.startswith("Z")


def test_one_command_runs_everything_and_ctrl_c_ends_it(demo: Demo) -> None:
    demo.wait_for("ctrl-C")
    assert f"http://localhost:{demo.port}/" in demo.output()
    assert f"{PHONE}  林知夏" in demo.output()
    request = urllib.request.Request(
        f"http://127.0.0.1:{demo.port}/api/v1/sign-in/codes",
        data=json.dumps({"phone": PHONE}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as answer:
        assert answer.status < 300
    # The web process wrote a row, beat sent a message, and the worker told the code.
    demo.wait_for(f"+86{PHONE}", seconds=20)

    assert "superuser privileges" not in demo.output()  # whoever runs this, root or not
    children = demo.children()
    assert len(children) >= 4  # web and its worker, the Celery worker, beat
    demo.process.send_signal(signal.SIGINT)
    assert demo.process.wait(timeout=30) == 0
    assert [pid for pid in children if _lives(pid)] == []
