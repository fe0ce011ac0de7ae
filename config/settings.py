"""Settings, read from the environment; `.env.example` lists every name.

They fail loudly: a wrong word, a default secret in service, or a public host with DEBUG left on
stops the start, because each of them is found too late otherwise.
"""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import django_stubs_ext
import environ
from django.core.exceptions import ImproperlyConfigured

from config.backoffice import UNFOLD  # noqa: F401 — the theme looks for the name here
from config.logs import logging_config
from config.openapi import SPECTACULAR_SETTINGS  # noqa: F401 — drf-spectacular looks for it here

django_stubs_ext.monkeypatch()  # lets ModelAdmin[Store] be written, which mypy strict asks for

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
if (BASE_DIR / ".env").exists():
    env.read_env(BASE_DIR / ".env")

# What this installation writes: the trial's database and broker, logs of messages, a secret key.
VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var")))
VAR_DIR.mkdir(parents=True, exist_ok=True)


def flag(name: str, *, default: bool) -> bool:
    """Read a yes or no; django-environ would take every unknown word for no."""
    word = os.environ.get(name, "").strip().lower()
    if word not in {"", "true", "false", "1", "0", "yes", "no", "on", "off"}:
        raise ImproperlyConfigured(f"{name}={word!r} is neither true nor false")
    return word in {"true", "1", "yes", "on"} if word else default


_TRIAL_KEY = "insecure-key-for-trials-only"
_LOCAL_HOSTS = ["localhost", "127.0.0.1", "[::1]"]

DEBUG = flag("DEBUG", default=True)
SECRET_KEY = env.str("SECRET_KEY", default=_TRIAL_KEY)
# Encrypts what the pool of virtual codes holds. Unlike SECRET_KEY it cannot be changed later.
DATA_KEY = env.str("DATA_KEY", default="") or SECRET_KEY
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=_LOCAL_HOSTS)
if not DEBUG and SECRET_KEY in {_TRIAL_KEY, ""}:
    raise ImproperlyConfigured("DEBUG is off: set SECRET_KEY to a long random text of your own")
if DEBUG and "DEBUG" not in os.environ and not set(ALLOWED_HOSTS) <= set(_LOCAL_HOSTS):
    raise ImproperlyConfigured("ALLOWED_HOSTS names public hosts: set DEBUG=false (or true)")

INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "axes",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "config",
    "insights",
    "sales",
    "campaigns",
    "mall",
    "tiers",
    "points",
    "notifications",
    "members",
    "stores",
]

MIDDLEWARE = [
    "config.health.Probes",
    "config.middleware.ClientAddress",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "config.middleware.AdminPolicy",
    "config.middleware.RefuseNul",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "config.middleware.SignedInMember",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.words.points_unit",
            ],
        },
    },
]


# --- database -----------------------------------------------------------------------------------


def _database() -> dict[str, Any]:
    """PostgreSQL when `DATABASE_URL` says so, otherwise SQLite, which is for trials."""
    config: dict[str, Any] = dict(
        env.db_url("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'judian.sqlite3'}")
    )
    if config["ENGINE"] == "django.db.backends.sqlite3":
        config["OPTIONS"] = {
            # Take the write lock at BEGIN: a read that later writes would otherwise fail at once.
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": (
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA recursive_triggers=ON;"
            ),
        }
    else:
        config["CONN_MAX_AGE"] = env.int("DATABASE_CONN_MAX_AGE", default=60)
        config["CONN_HEALTH_CHECKS"] = True
        if not flag("DATABASE_BEHIND_PGBOUNCER", default=False):
            # Measured: prepared statements and server-side binding halve the cost of a spend.
            config["OPTIONS"] = {"server_side_binding": True, "prepare_threshold": 3}
        else:
            config["DISABLE_SERVER_SIDE_CURSORS"] = True
    return config


DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- language and time --------------------------------------------------------------------------

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["config.formats"]
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True

# --- files --------------------------------------------------------------------------------------

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = BASE_DIR / "staticfiles"
# Files of receipts that staff upload. Nothing serves this folder; several machines share it.
MEDIA_ROOT = env.str("MEDIA_ROOT", default=str(VAR_DIR / "media"))
# They carry phone numbers: so many days after its import has ended, a file is deleted.
UPLOADED_RECEIPTS_KEPT_DAYS = env.int("UPLOADED_RECEIPTS_KEPT_DAYS", default=30)
if UPLOADED_RECEIPTS_KEPT_DAYS not in range(36_501):
    raise ImproperlyConfigured("UPLOADED_RECEIPTS_KEPT_DAYS is not between 0 and 36500")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG
WHITENOISE_AUTOREFRESH = DEBUG

# --- security -----------------------------------------------------------------------------------

# Off only for a trial without a certificate; everything that depends on it follows.
HTTPS = flag("HTTPS", default=not DEBUG)
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", default=365 * 24 * 3600) if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
# How many proxies of ours stand in front; their headers are believed, nobody else's.
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=0)
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        # Named although they equal the default: the back office's additions are added to them.
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    },
}

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
# Staff passwords: five wrong ones lock that name at that address for a quarter of an hour.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_TEMPLATE = "429.html"
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False

# --- jobs ---------------------------------------------------------------------------------------

REDIS_URL = env.str("REDIS_URL", default="")


def _broker_options() -> dict[str, Any]:
    """Redis for real use; otherwise files, where messages in flight are lost with the worker.

    Either is enough because a job is a sweep over rows: a message only says "look now".
    """
    if REDIS_URL:
        return {
            # A worker that was killed must not keep its messages for Celery's default hour.
            "visibility_timeout": 120,
            "socket_timeout": 5,
            "socket_connect_timeout": 2,
        }
    broker = VAR_DIR / "broker"
    for folder in ("messages", "control"):
        (broker / folder).mkdir(parents=True, exist_ok=True)
    return {
        "data_folder_in": str(broker / "messages"),
        "data_folder_out": str(broker / "messages"),
        "control_folder": str(broker / "control"),
    }


CELERY_BROKER_URL = REDIS_URL or "filesystem://localhost"
CELERY_BROKER_TRANSPORT_OPTIONS = _broker_options()
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = TIME_ZONE
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0, "interval_max": 0.2}
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# In KiB: a worker process that has grown past it is replaced when its job is done.
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 250 * 1024
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_REDIRECT_STDOUTS = False
# In memory: what was missed is told by rows, and a file that a power cut had spoilt would keep the
# clock from ever starting again.
CELERY_BEAT_SCHEDULER = "celery.beat:Scheduler"

# --- messages to people -----------------------------------------------------------------------

# One-time codes cost money and can be abused; beside these, a number gets one per minute.
SIGN_IN_CODES_PER_NUMBER_AND_DAY = env.int("SIGN_IN_CODES_PER_NUMBER_AND_DAY", default=10)
SIGN_IN_CODES_PER_NETWORK_AND_HOUR = env.int("SIGN_IN_CODES_PER_NETWORK_AND_HOUR", default=30)
SIGN_IN_CODES_PER_DAY = env.int("SIGN_IN_CODES_PER_DAY", default=5000)
# Passwords tried, right or wrong. Who has used them up can still sign in with a code.
SIGN_IN_PASSWORDS_PER_NUMBER_AND_HOUR = env.int("SIGN_IN_PASSWORDS_PER_NUMBER_AND_HOUR", default=5)
SIGN_IN_PASSWORDS_PER_NETWORK_AND_HOUR = env.int(
    "SIGN_IN_PASSWORDS_PER_NETWORK_AND_HOUR", default=60
)
SIGN_IN_PASSWORDS_PER_HOUR = env.int("SIGN_IN_PASSWORDS_PER_HOUR", default=3000)
# Many phones share one address of their carrier.
SIGN_IN_WECHAT_PER_NETWORK_AND_HOUR = env.int("SIGN_IN_WECHAT_PER_NETWORK_AND_HOUR", default=600)

_TRIAL_GATEWAY = "notifications.services.gateways.console" if DEBUG else ""
# Dotted paths; `console` prints messages where the worker runs, `file` appends JSON lines.
SMS_GATEWAY = env.str("SMS_GATEWAY", default="notifications.services.gateways.console")
# Empty: nothing leaves over the channel, and nobody is offered it.
EMAIL_GATEWAY = env.str("EMAIL_GATEWAY", default=_TRIAL_GATEWAY)
WECHAT_MESSAGE_GATEWAY = env.str("WECHAT_MESSAGE_GATEWAY", default=_TRIAL_GATEWAY)
SMS_FILE = env.path("SMS_FILE", default=str(VAR_DIR / "outbox" / "sms.log"))

# `notifications.services.smtp.send` needs these.
EMAIL_HOST = env.str("EMAIL_HOST", default="")
EMAIL_PORT = env.int("EMAIL_PORT", default=587)
EMAIL_HOST_USER = env.str("EMAIL_HOST_USER", default="")
EMAIL_HOST_PASSWORD = env.str("EMAIL_HOST_PASSWORD", default="")
EMAIL_USE_SSL = flag("EMAIL_USE_SSL", default=False)
EMAIL_USE_TLS = flag("EMAIL_USE_TLS", default=not EMAIL_USE_SSL)
if EMAIL_USE_SSL and EMAIL_USE_TLS:
    raise ImproperlyConfigured("EMAIL_USE_SSL and EMAIL_USE_TLS are two ways: choose one")
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="")

# `notifications.services.wechat_message.send`: the page of the mini-program that a message opens;
# it gets the path of ours as `link`.
WECHAT_MESSAGE_PAGE = env.str("WECHAT_MESSAGE_PAGE", default="")

# What Aliyun's reports of deliveries carry in their address; empty: none are taken.
SMS_REPORT_SECRET = env.str("SMS_REPORT_SECRET", default="")

# `notifications.services.aliyun.send` needs these. A template is given as
# `sign_in_code=SMS_123456789:code`: our key, Aliyun's code, the values that Aliyun's text names.
ALIYUN_SMS_ENDPOINT = env.str("ALIYUN_SMS_ENDPOINT", default="https://dysmsapi.aliyuncs.com")
ALIYUN_SMS_KEY_ID = env.str("ALIYUN_SMS_KEY_ID", default="")
ALIYUN_SMS_KEY_SECRET = env.str("ALIYUN_SMS_KEY_SECRET", default="")
ALIYUN_SMS_SIGN_NAME = env.str("ALIYUN_SMS_SIGN_NAME", default="")
ALIYUN_SMS_TEMPLATES = env.dict("ALIYUN_SMS_TEMPLATES", default={})

# --- WeChat -------------------------------------------------------------------------------------

# A dotted path; empty: no sign-in with WeChat. `manage.py wechat_stand_in` speaks the same
# protocol for trials, at an address that is given here.
WECHAT_CLIENT = env.str("WECHAT_CLIENT", default="")
WECHAT_API_BASE = env.str("WECHAT_API_BASE", default="https://api.weixin.qq.com")
WECHAT_APP_ID = env.str("WECHAT_APP_ID", default="")
WECHAT_APP_SECRET = env.str("WECHAT_APP_SECRET", default="")

# --- payments -----------------------------------------------------------------------------------

# What pays the part in money of a reward: a name of the table below. `trial` asks nobody and is
# for demonstrations; empty: rewards with a part in money cannot be redeemed.
PAYMENT_PROVIDER = env.str("PAYMENT_PROVIDER", default="trial" if DEBUG else "")
PAYMENT_PROVIDERS = {
    "trial": "mall.services.payments.trial.Trial",
    "wechat": "mall.services.payments.wechat.WechatPay",
}
if PAYMENT_PROVIDER not in {"", *PAYMENT_PROVIDERS}:
    raise ImproperlyConfigured(f"PAYMENT_PROVIDER={PAYMENT_PROVIDER!r} is not a provider")
if PAYMENT_PROVIDER == "trial" and not DEBUG:
    raise ImproperlyConfigured("PAYMENT_PROVIDER=trial gives rewards away; it is for DEBUG only")

# `wechat` needs these; see docs/payments.md. The notify address is public, with https.
WECHAT_PAY_BASE = env.str("WECHAT_PAY_BASE", default="https://api.mch.weixin.qq.com")
WECHAT_PAY_MERCHANT = env.str("WECHAT_PAY_MERCHANT", default="")
WECHAT_PAY_SERIAL = env.str("WECHAT_PAY_SERIAL", default="")
WECHAT_PAY_KEY_FILE = env.str("WECHAT_PAY_KEY_FILE", default="")
WECHAT_PAY_API_KEY = env.str("WECHAT_PAY_API_KEY", default="")
WECHAT_PAY_PLATFORM_SERIAL = env.str("WECHAT_PAY_PLATFORM_SERIAL", default="")
WECHAT_PAY_PLATFORM_KEY_FILE = env.str("WECHAT_PAY_PLATFORM_KEY_FILE", default="")
WECHAT_PAY_NOTIFY_URL = env.str("WECHAT_PAY_NOTIFY_URL", default="")
if PAYMENT_PROVIDER == "wechat":
    for _name in [name for name in globals() if name.startswith("WECHAT_PAY_")]:
        if not globals()[_name]:
            raise ImproperlyConfigured(f"PAYMENT_PROVIDER=wechat needs {_name}")
    if len(WECHAT_PAY_API_KEY.encode()) != 32:
        raise ImproperlyConfigured("WECHAT_PAY_API_KEY (APIv3 密钥) has 32 bytes")

# --- monitoring ---------------------------------------------------------------------------------

# Whoever sends it as a bearer token sees at /statusz what is wrong, not only whether.
STATUS_TOKEN = env.str("STATUS_TOKEN", default="")

# --- doors --------------------------------------------------------------------------------------

LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
CSRF_FAILURE_VIEW = "config.views.csrf_failure"
API_BODY_BYTES_MAX = env.int("API_BODY_BYTES_MAX", default=2 * 1024 * 1024)
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["members.api.authentication.MemberToken"],
    "DEFAULT_PERMISSION_CLASSES": ["members.api.authentication.IsMember"],
    "DEFAULT_PARSER_CLASSES": ["config.api.parsers.LimitedJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PAGINATION_CLASS": "config.api.pagination.Pages",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "config.api.errors.handle",
    "UNAUTHENTICATED_USER": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}

# --- logs ---------------------------------------------------------------------------------------

LOGGING = logging_config(level=env.str("LOG_LEVEL", default="INFO"))

# The ledger's hot writes are stored functions on PostgreSQL; this turns them off, for comparing.
POINTS_PORTABLE = flag("POINTS_PORTABLE", default=False)
