"""Requests released together: the only honest test of a lock."""

import threading
from collections.abc import Callable
from typing import TypeVar

from django.db import connection, connections

T = TypeVar("T")


def together(n: int, fn: Callable[[int], T], *, timeout: float = 60) -> list[T | BaseException]:
    """Run `fn(0) … fn(n - 1)` in n threads that all start at one instant.

    Each thread has its own database connection, opened before the start so that connecting does
    not stagger them, and closed at the end. The answers come in the order of the numbers; what a
    call raised stands in its place. Needs a transactional test: a thread sees only what has been
    committed. A thread that never ends (a deadlock that nobody broke) fails the test.
    """
    barrier = threading.Barrier(n)
    answers: list[T | BaseException] = [TimeoutError("the call never ended")] * n

    def run(number: int) -> None:
        try:
            connection.ensure_connection()
            barrier.wait(timeout)
            answers[number] = fn(number)
        except BaseException as raised:  # noqa: BLE001 — the answer of this thread, told to the test
            answers[number] = raised
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(i,), daemon=True) for i in range(n)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout)
    stuck = sum(thread.is_alive() for thread in threads)
    assert not stuck, f"{stuck} of {n} calls never ended"
    return answers


def succeeded(answers: list[T | BaseException]) -> list[T]:
    """The answers of the calls that came back."""
    return [answer for answer in answers if not isinstance(answer, BaseException)]


def refused(answers: list[T | BaseException]) -> list[BaseException]:
    """What the other calls raised."""
    return [answer for answer in answers if isinstance(answer, BaseException)]
