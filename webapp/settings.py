"""All settings, read from the environment; what is missing or dangerous stops the start with a sentence (S22)."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

from webapp.redis_urls import broker_url

env = environ.Env()
BASE_DIR = Path(__file__).resolve().parent.parent


def _secret_key() -> str:
    key = str(env("SECRET_KEY", default=""))
    if len(key) < 32:
        raise ImproperlyConfigured(
            "SECRET_KEY is missing or shorter than 32 characters. Start with `make up`, which makes one, or set it."
        )
    return key


def _hosts() -> list[str]:
    hosts: list[str] = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1"])
    if "*" in hosts:
        raise ImproperlyConfigured("ALLOWED_HOSTS must name your hosts; “*” would let any site pose as this one.")
    return hosts


def _networks() -> list[str]:
    networks: list[str] = env.list("CYTOMARK_WEBHOOK_NETWORKS", default=[])
    for network in networks:
        try:
            ip_network(network)
        except ValueError as error:
            raise ImproperlyConfigured(
                f"CYTOMARK_WEBHOOK_NETWORKS: {network} is no network; write such as 10.0.0.0/8 or fd00::/8."
            ) from error
    return networks


def _database() -> dict[str, Any]:
    if not env("DATABASE_URL", default=""):
        raise ImproperlyConfigured(
            "DATABASE_URL is not set. `make up` starts a database of its own; for a server of yours set "
            "DATABASE_URL=postgres://user:password@host/name."
        )
    database: dict[str, Any] = env.db_url("DATABASE_URL")
    # An ASGI server uses many threads: a connection kept by each would exhaust Postgres (R31).
    database["CONN_MAX_AGE"] = 0
    database["CONN_HEALTH_CHECKS"] = True
    database.setdefault("OPTIONS", {})["options"] = "-c lock_timeout=5s -c statement_timeout=60s"
    return database


SECRET_KEY = _secret_key()
DEBUG = False
ALLOWED_HOSTS = _hosts()
ORIGINS: list[str] = env.list("CYTOMARK_ORIGINS", default=[])
"""Origins (scheme://host:port) from which browsers may open sockets, besides the page's own host."""
HTTPS: bool = env.bool("CYTOMARK_HTTPS", default=False)

DATA = Path(env("CYTOMARK_DATA", default=str(BASE_DIR / "data"))).resolve()
IMAGES = DATA / "images"
UPLOADS = DATA / "uploads"
EXPORTS = DATA / "exports"
RUNS = Path(env("CYTOMARK_RUNS", default=str(DATA / "runs")))
UPLOAD_BYTES: int = env.int("CYTOMARK_UPLOAD_BYTES", default=2 * 1024**3)
"""The largest file that may be uploaded."""
IMAGE_PIXELS: int = env.int("CYTOMARK_IMAGE_PIXELS", default=1_500_000_000)
"""The most pixels that a plane may have."""
IMAGE_VALUES: int = env.int("CYTOMARK_IMAGE_VALUES", default=8_000_000_000)
"""The most values that all planes and channels of an image may have together."""
DISK_RESERVE_BYTES: int = env.int("CYTOMARK_DISK_RESERVE_BYTES", default=1024**3)
"""Uploads stop when less than this is free, so that saving annotations goes on (S15)."""
KEEP_DELETED_DAYS: int = env.int("CYTOMARK_KEEP_DELETED_DAYS", default=30)
"""For so long the files of deleted images are kept."""
REQUESTS_PER_MINUTE: int = env.int("CYTOMARK_REQUESTS_PER_MINUTE", default=3000)
"""Requests that one person's programs may make in a minute; what a page changes counts too."""
WEBHOOK_NETWORKS: list[str] = _networks()
"""Networks that webhooks may be in besides the public internet (S21)."""
PUBLIC_URL: str = env("CYTOMARK_URL", default="").rstrip("/")
"""Where people reach this server, such as https://cells.example.org: for the links in e-mails."""
_EMAIL: dict[str, Any] = env.email_url("CYTOMARK_EMAIL_URL", default="consolemail://")
vars().update(_EMAIL)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL: str = env("CYTOMARK_EMAIL_FROM", default="cytomark@localhost")
SENDS_MAIL = "console" not in str(_EMAIL["EMAIL_BACKEND"])
DEFAULT_ENGINE: str = env("CYTOMARK_ENGINE", default="starter")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    # Before allauth, whose own templates would win otherwise.
    "annotation",
    "allauth",
    "allauth.account",
    "channels",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]
ROOT_URLCONF = "webapp.urls"
ASGI_APPLICATION = "webapp.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL: str = env("REDIS_URL")
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL], "prefix": "cytomark"},
    }
}

CELERY_BROKER_URL = broker_url(REDIS_URL)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    # Longer than the longest task; lost work is found by our own lease table, not by the broker (R13).
    "visibility_timeout": 12 * 3600,
    "unacked_restore_throttle": 1,
    "socket_timeout": 10,
    "socket_connect_timeout": 5,
}
CELERY_TASK_SERIALIZER = CELERY_RESULT_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_DEFAULT_QUEUE = "io"
CELERY_TASK_CREATE_MISSING_QUEUES = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 2, "interval_start": 0.1, "interval_step": 0.2}
CELERY_BEAT_SCHEDULE = {
    "sweep": {"task": "annotation.sweep", "schedule": 10.0, "options": {"queue": "io", "expires": 10}},
    "compare": {"task": "annotation.compare", "schedule": 10.0, "options": {"queue": "io", "expires": 10}},
    "clean": {"task": "annotation.clean_storage", "schedule": 24 * 3600.0, "options": {"queue": "io", "expires": 3600}},
}

AUTH_USER_MODEL = "annotation.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "/sign-in/"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "annotation.views.accounts.ClosedAdapter"
ACCOUNT_LOGOUT_REDIRECT_URL = "/sign-in/"
ACCOUNT_SESSION_REMEMBER = True
# S26: five wrong passwords per account and address in a quarter of an hour.
ACCOUNT_RATE_LIMITS = {"login": "60/m/ip", "login_failed": "50/15m/ip,5/15m/key"}
PASSWORD_RESET_TIMEOUT = 3 * 24 * 3600

SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = (
    ("__Host-session", "__Host-csrf") if HTTPS else ("cytomark_session", "cytomark_csrf")
)
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_TRUSTED_ORIGINS = ORIGINS
SECURE_SSL_REDIRECT = HTTPS and env.bool("CYTOMARK_HTTPS_REDIRECT", default=True)
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "blob:", "data:"],
        "connect-src": ["'self'"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "form-action": ["'self'"],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024**2

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False

FRONTEND_DIST = BASE_DIR / "frontend" / "dist"
STATIC_URL = "/static/"
STATICFILES_DIRS = [FRONTEND_DIST] if FRONTEND_DIST.is_dir() else []
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
# Vite puts a hash of the content into every name below assets/.
WHITENOISE_IMMUTABLE_FILE_TEST = r"^.*/assets/.+-[A-Za-z0-9_-]{8,}\..+$"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": env("CYTOMARK_LOG_LEVEL", default="INFO")},
    "loggers": {
        "celery": {"level": "WARNING"},
        "django.security.csrf": {"level": "ERROR"},
    },
}
