"""Callers over HTTP, side by side: processes that know nothing of the product but its address."""

import http.client
import json
import multiprocessing as mp
import random
import secrets
import time
from collections import Counter
from multiprocessing.connection import Connection

PORT = 8197


class Done:
    def __init__(self, statuses: Counter[int], latencies: list[float]) -> None:
        self.statuses, self.latencies = statuses, latencies

    @property
    def count(self) -> int:
        return self.statuses[201]

    def must_be(self, allowed: set[int]) -> None:
        other = {code: n for code, n in self.statuses.items() if code not in allowed}
        if other:
            raise RuntimeError(f"the run is void: {other}")


class Callers:
    """Processes with one connection each, started once, that work when they are told."""

    def __init__(self, count: int, tokens: list[str], store: str) -> None:
        context = mp.get_context("spawn")
        self._pipes, self._processes = [], []
        for number in range(count):
            here, there = context.Pipe()
            share = tokens[number::count]
            process = context.Process(target=_client, args=(there, share, store), daemon=True)
            process.start()
            self._pipes.append(here)
            self._processes.append(process)

    def run(self, codes: list[str], seconds: float) -> Done:
        for pipe in self._pipes:
            pipe.send((codes, seconds))
        statuses: Counter[int] = Counter()
        latencies: list[float] = []
        for pipe in self._pipes:
            found, times = pipe.recv()
            statuses.update(found)
            latencies += times
        return Done(statuses, latencies)

    def close(self) -> None:
        for pipe in self._pipes:
            pipe.send(None)
        for process in self._processes:
            process.join(10)


def _client(pipe: Connection, tokens: list[str], store: str) -> None:
    asked = http.client.HTTPConnection("localhost", PORT, timeout=30)
    while (order := pipe.recv()) is not None:
        codes, seconds = order
        statuses: Counter[int] = Counter()
        latencies = []
        end = time.perf_counter() + seconds
        now = time.perf_counter()
        while now < end:
            body = json.dumps({"reward": random.choice(codes), "pick_up_store": store})
            headers = {
                "Authorization": f"Bearer {random.choice(tokens)}",
                "Content-Type": "application/json",
                "Idempotency-Key": secrets.token_hex(12),
            }
            asked.request("POST", "/api/v1/me/redemptions", body, headers)
            answer = asked.getresponse()
            answer.read()
            statuses[answer.status] += 1
            after = time.perf_counter()
            latencies.append((after - now) * 1000)
            now = after
        pipe.send((statuses, latencies))
