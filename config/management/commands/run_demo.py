"""`make run`: a whole running system, with a demo merchant when there is nothing yet."""

import hashlib
import os
import secrets
import signal
import socket
import sys
import time
import urllib.request
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from config import demo, roles, translations
from config.processes import Ended, Family

PREPARED = "JUDIAN_DEMO"
START_SECONDS = 60
# A trial in a container is often root's; the worker takes JSON only, and says so every time.
ROOT_IS_FINE = "ignore:You're running the worker with superuser privileges"


class Command(BaseCommand):
    """Web, worker and beat as real processes; ctrl-C ends them all."""

    help = "Prepare and run everything on this machine, with a demo merchant when it is empty."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--members", type=int, default=200, help="of the demo merchant")

    def handle(self, *, members: int, **options: Any) -> None:
        if PREPARED not in os.environ:
            # The settings of this process were read before the demo's environment was known.
            os.execve(sys.executable, [sys.executable, *sys.argv], _environment())  # noqa: S606
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        started = time.monotonic()
        host, port = os.environ["HOST"], int(os.environ["PORT"])
        _claim(host, port)
        self._prepare(members)
        with Family(os.environ) as family:
            _start(family)
            try:
                family.wait_until(lambda: _answers(port), seconds=START_SECONDS)
                self._greet(port, seconds=time.monotonic() - started)
                family.watch()
            except (Ended, TimeoutError) as problem:
                raise CommandError(str(problem)) from problem
            except KeyboardInterrupt:
                self.stdout.write("\n正在停止… / stopping …")

    def _prepare(self, members: int) -> None:
        translations.compile_catalogues(settings.BASE_DIR)
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            self.stdout.write("正在准备数据库… / preparing the database …")
            call_command("migrate", verbosity=0, skip_checks=True)
            roles.ensure()
        if demo.is_wanted():
            self.stdout.write("正在生成演示商户… / making the demo merchant …")
            call_command("seed_demo", members=members, verbosity=0, skip_checks=True)
        connection.close()
        if not settings.DEBUG:
            _collect_static()

    def _greet(self, port: int, *, seconds: float) -> None:
        address = f"http://localhost:{port}"
        database = "PostgreSQL" if connection.vendor == "postgresql" else "SQLite"
        broker = "Redis" if settings.REDIS_URL else "filesystem"
        lines = [
            "",
            f"聚点 Judian 已就绪 / ready in {seconds:.1f} s ({database}, {broker})",
            f"  会员 / members     {address}/",
            f"  后台 / back office {address}/admin/",
            f"  接口 / API         {address}/api/docs/",
            *(f"  {line}" for line in demo.accounts(now=timezone.now())),
            "  登录验证码会显示在此窗口 / sign-in codes appear in this window",
            "  ctrl-C 停止 / ends everything",
            "",
        ]
        self.stdout.write("\n".join(lines))


def _environment() -> dict[str, str]:
    """The caller's environment, completed so that a trial runs as a service would, minus HTTPS."""
    port = os.environ.get("PORT", "8000")
    given = {
        "DEBUG": "false",
        "HTTPS": "false",
        "ALLOWED_HOSTS": "*",
        "HOST": "127.0.0.1",
        "PORT": port,
        "SECRET_KEY": _secret_key(),
        "LOG_LEVEL": "WARNING",
        "PYTHONUNBUFFERED": "1",
    }
    return {**given, **os.environ, PREPARED: "1"}


def _secret_key() -> str:
    """A key of this installation's own, kept so that sign-ins outlive a restart."""
    path = Path(settings.VAR_DIR) / "secret_key"
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(64))
    return path.read_text()


def _claim(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CommandError(
                f"端口 {port} 已被占用 / port {port} is taken: PORT=8001 make run"
            ) from error


def _start(family: Family) -> None:
    python = sys.executable
    celery = [python, "-W", ROOT_IS_FINE, "-m", "celery", "-A", "config", "-q"]
    small = connection.vendor == "sqlite"  # one writer at a time: more processes would only wait
    family.start(
        "web",
        [
            python,
            "-m",
            "gunicorn",
            "-c",
            "config/gunicorn.py",
            "--log-level=warning",
            "config.wsgi",
        ],
        WEB_CONCURRENCY=os.environ.get("WEB_CONCURRENCY", "1" if small else "2"),
        WEB_THREADS=os.environ.get("WEB_THREADS", "8"),
    )
    family.start("worker", [*celery, "worker", "--pool=threads", "--concurrency=2"])
    family.start("beat", [*celery, "beat", "--pidfile="])


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2) as answer:
            ready: bool = answer.status == 200
            return ready
    except OSError:
        return False


def _collect_static() -> None:
    """Collect the static files when one of ours, or a package, has changed since the last time."""
    digest = hashlib.sha256((settings.BASE_DIR / "uv.lock").read_bytes())
    for folder in settings.STATICFILES_DIRS:
        for path in sorted(Path(folder).rglob("*")):
            digest.update(f"{path}{path.stat().st_mtime_ns}".encode())
    stamp = Path(settings.STATIC_ROOT) / ".collected"
    if not stamp.exists() or stamp.read_text() != digest.hexdigest():
        call_command("collectstatic", interactive=False, clear=True, verbosity=0, skip_checks=True)
        stamp.write_text(digest.hexdigest())
