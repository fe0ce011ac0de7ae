"""How the web process is served: `gunicorn -c config/gunicorn.py config.wsgi`."""

import os
from pathlib import Path

import environ

# Read here too: gunicorn wants to know its address before it loads the settings.
dotenv = Path(__file__).resolve().parent.parent / ".env"
if dotenv.exists():
    environ.Env.read_env(dotenv)

bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
# The sync worker closes every connection after one answer; threads keep them open.
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = int(os.environ.get("WEB_THREADS", "4"))
preload_app = True  # the workers share the memory of what was loaded before they were forked
control_socket_disable = True
keepalive = 15
timeout = 30
graceful_timeout = 15
max_requests = 10_000
max_requests_jitter = 1_000
# A request that is larger than this is nobody's browser.
limit_request_line = 8190
limit_request_fields = 100
accesslog = os.environ.get("ACCESS_LOG") or None
