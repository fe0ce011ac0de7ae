"""Clients that work side by side: processes of the product, and pgbench for the floor."""

import multiprocessing as mp
import os
import re
import subprocess
import tempfile
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Slice:
    """What some clients did in one slice of time."""

    per_second: float
    cpu_us: float = 0.0
    latencies_ms: tuple[float, ...] = ()

    def percentile(self, share: float) -> float:
        ordered = sorted(self.latencies_ms)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


def _client(pipe: Connection, environment: dict[str, str]) -> None:
    os.environ.update(environment)
    import django

    django.setup()
    from benchmarks import work

    while True:
        order = pipe.recv()
        if order is None:
            return
        name, seconds, first, last = order
        operation = work.OPERATIONS[name]
        done, failed, latencies = 0, 0, []
        cpu, end = time.process_time(), time.perf_counter() + seconds
        now = time.perf_counter()
        while now < end:
            try:
                operation(work.pick(first, last))
            except Exception:  # noqa: BLE001 - counted, and a slice with failures is void
                failed += 1
            after = time.perf_counter()
            latencies.append((after - now) * 1000)
            now, done = after, done + 1
        pipe.send((done, failed, time.process_time() - cpu, latencies))


class Clients:
    """Processes of the product, started once and warmed, that work when they are told."""

    def __init__(self, count: int, **environment: str) -> None:
        context = mp.get_context("spawn")
        self._pipes = []
        self._processes = []
        for _ in range(count):
            here, there = context.Pipe()
            process = context.Process(target=_client, args=(there, environment), daemon=True)
            process.start()
            self._pipes.append(here)
            self._processes.append(process)

    def run(self, operation: str, seconds: float, first: int, last: int) -> Slice:
        for pipe in self._pipes:
            pipe.send((operation, seconds, first, last))
        answers: list[Any] = [pipe.recv() for pipe in self._pipes]
        failed = sum(answer[1] for answer in answers)
        if failed:
            raise RuntimeError(f"{operation}: {failed} calls failed; the run is void")
        done = sum(answer[0] for answer in answers)
        cpu = sum(answer[2] for answer in answers)
        latencies = tuple(latency for answer in answers for latency in answer[3])
        return Slice(done / seconds, cpu / done * 1e6, latencies)

    def close(self) -> None:
        for pipe in self._pipes:
            pipe.send(None)
        for process in self._processes:
            process.join(10)


FLOOR = {
    "earn": "SELECT floor_earn(:m, 20, 'f:' || :client_id || ':' || :r);",
    "spend": "SELECT floor_take(:m, 3, 'f:' || :client_id || ':' || :r, 'spend');",
    "hold + capture": (
        "SELECT floor_take(:m, 3, 'f:' || :r, 'hold');\n"
        "SELECT floor_capture(:m, 'f:' || :r, 'c:' || :r);"
    ),
    "spend + restore": (
        "SELECT floor_take(:m, 3, 'f:' || :r, 'spend');\n"
        "SELECT floor_restore(:m, 'f:' || :r, 'r:' || :r);"
    ),
    "statement page": (
        "SELECT a.*, (SELECT SUM(remaining - held) FROM points_lot WHERE account_id = a.id "
        "AND state = 'open' AND expires_at > now()) FROM points_account a "
        "WHERE member_id = :m AND unit = 'points';\n"
        "SELECT id, kind, d_available, available_after, explanation, occurred_at "
        "FROM points_entry WHERE account_id = :m ORDER BY seq DESC LIMIT 20;"
    ),
}


class PgBench:
    """The floor: pgbench with prepared statements, as many clients as the product has."""

    def __init__(self, url: str, clients: int) -> None:
        parts = urlsplit(url)
        self._folder = Path(tempfile.mkdtemp(prefix="judian-bench-"))
        self._command = [
            _pgbench(),
            *("-h", str(parts.hostname), "-p", str(parts.port), "-U", str(parts.username)),
            *("-n", "-M", "prepared", "-c", str(clients), "-j", "2"),
        ]
        self._database = parts.path.lstrip("/")

    def run(self, operation: str, seconds: float, first: int, last: int) -> Slice:
        script = self._folder / "floor.sql"
        script.write_text(
            f"\\set m random({first}, {last})\n\\set r random(1, 9000000000000)\n"
            + FLOOR[operation],
            encoding="utf-8",
        )
        ran = subprocess.run(
            [*self._command, "-T", str(max(1, round(seconds))), "-f", script, self._database],
            capture_output=True,
            text=True,
            check=False,
        )
        found = re.search(r"tps = ([\d.]+) \(without", ran.stdout)
        if found is None:
            raise RuntimeError(ran.stdout + ran.stderr)
        return Slice(float(found[1]))


def _pgbench() -> str:
    candidates = sorted(Path("/usr/lib/postgresql").glob("*/bin/pgbench"), reverse=True)
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        candidates.append(Path(folder) / "pgbench")
    for candidate in candidates:
        if candidate.exists():
            return str(candidate)
    raise SystemExit("pgbench is needed for the floor: it comes with PostgreSQL's server package")
