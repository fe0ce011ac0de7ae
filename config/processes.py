"""Several programs as one: started together, ended together, none left behind."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Self

GRACE_SECONDS = 10.0


class Ended(Exception):
    """A program ended by itself, which none of them should."""

    def __init__(self, name: str, code: int) -> None:
        super().__init__(f"{name} ended by itself with code {code}")


def _die_with_parent() -> None:
    """Ask Linux to end a child whose parent was killed outright; elsewhere nothing can be asked."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


class Family:
    """Child processes, each the head of its own group so that grandchildren end with it.

    Use as a context manager: leaving it, for whatever reason, ends all of them, first by asking
    and after ten seconds by force.
    """

    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = dict(env)
        self._children: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def start(self, name: str, command: Sequence[str], **env: str) -> None:
        """Start `command` under `name`; `env` is added to the family's environment."""
        self._children[name] = subprocess.Popen(  # noqa: S603 — our own programs, no shell
            command,
            env={**self._env, **env},
            stdin=subprocess.DEVNULL,
            # ctrl-C reaches the parent alone, which ends its children in good order.
            start_new_session=True,
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509 — the child is single-threaded until it execs
        )

    def wait_until(self, ready: Callable[[], bool], *, seconds: float) -> None:
        """Return when `ready()`; raises `Ended` or `TimeoutError`."""
        deadline = time.monotonic() + seconds
        while not ready():
            self._look()
            if time.monotonic() > deadline:
                raise TimeoutError(f"not ready after {seconds:.0f} s")
            time.sleep(0.1)

    def watch(self) -> None:
        """Stay until a child ends by itself; raises `Ended`."""
        while True:
            self._look()
            time.sleep(0.5)

    def _look(self) -> None:
        for name, child in self._children.items():
            if (code := child.poll()) is not None:
                raise Ended(name, code)

    def end(self) -> None:
        """End every child and whatever it started; safe to call twice."""
        self._signal(signal.SIGTERM)
        deadline = time.monotonic() + GRACE_SECONDS
        for child in self._children.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(timeout=max(0.0, deadline - time.monotonic()))
        # Also where the head has gone: a group lives on in the children that it left.
        self._signal(signal.SIGKILL)
        for child in self._children.values():
            child.wait()

    def _signal(self, number: signal.Signals) -> None:
        for child in self._children.values():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(child.pid, number)
