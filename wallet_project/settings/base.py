"""Settings that every environment shares. Values of sign-in live in auth.py; dev, test and prod change little."""

from typing import Any

from csp.constants import NONE, SELF

from wallet_project import env
from wallet_project.lib.logging import logging_config
from wallet_project.settings.auth import *  # noqa: F403  # one list of values, kept apart for its length

BASE_DIR = env.BASE_DIR
WALLET_ENV = env.name()
DEBUG = False
DEV_OUTBOX = False

# --- secrets: one use each (env.py refuses missing, weak or repeated ones)

_secrets = env.load_secrets()
SECRET_KEY = _secrets["SECRET_KEY"]
SECRET_KEY_FALLBACKS = env.words("SECRET_KEY_FALLBACKS")
FIELD_KEYS = env.field_keys(_secrets["FIELD_KEYS"])
BLIND_INDEX_KEY = env.key_bytes("BLIND_INDEX_KEY", _secrets["BLIND_INDEX_KEY"])
PIN_PEPPER = env.key_bytes("PIN_PEPPER", _secrets["PIN_PEPPER"])
LEDGER_SIGNING_KEY = env.key_bytes("LEDGER_SIGNING_KEY", _secrets["LEDGER_SIGNING_KEY"])
STRIPE_API_KEY = _secrets["STRIPE_API_KEY"]
STRIPE_WEBHOOK_SECRETS = [secret.strip() for secret in _secrets["STRIPE_WEBHOOK_SECRET"].split(",")]

# --- the pieces

INSTALLED_APPS = [
    "wallet_project.apps.WalletAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "accounts.identity.allauth_app.SealedAccountConfig",  # allauth.account, with its e-mail column sealed
    "allauth.mfa",
    "allauth.headless",
    "django_otp",
    "axes",
    "rest_framework",
    "drf_spectacular",
    "csp",
    "django_htmx",
    "ledger",
    "accounts",
    "payments",
    "transfers",
    "support",
    "wallet_project.apps.WalletProjectConfig",
]

MIDDLEWARE = [
    "wallet_project.middleware.RequestIdMiddleware",
    "csp.middleware.CSPMiddleware",  # the headers first: the redirect to https and every refusal carry them too
    "wallet_project.middleware.SecurityHeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",  # after the headers: static files carry them too
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "accounts.identity.middleware.PersonalSettings",
    "accounts.identity.staff_network.StaffNetwork",
    "accounts.identity.customers_only.CustomersOnly",
    "wallet_project.lib.pages.RefusalPage",
    "accounts.identity.limiter.SignInGuard",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "wallet_project.urls"
WSGI_APPLICATION = "wallet_project.wsgi.application"
ASGI_APPLICATION = "wallet_project.asgi.application"
AUTH_USER_MODEL = "accounts.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ERROR_CATALOGUE = "wallet_project.error_catalogue"
TEST_RUNNER = "django.test.runner.DiscoverRunner"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "libraries": {"ui": "wallet_project.lib.templatetags.ui"},
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "support.notifications.context.unread_notices",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# --- data

DATABASES = {
    "default": env.database(
        env.text("DATABASE_URL", "postgresql://wallet_app@127.0.0.1:1/wallet"), application="wallet"
    )
}
# Values travel apart from the SQL, and what repeats is planned once per connection: a payment then costs the database
# a third less. A pool in front must know prepared statements (PgBouncer from 1.21); 0 plans every time.
DATABASES["default"]["OPTIONS"] |= {
    "server_side_binding": True,
    "prepare_threshold": env.integer("DATABASE_PREPARE_AFTER", 5) or None,
}
if env.text("DATABASE_OWNER_URL"):
    DATABASES["owner"] = env.database(env.text("DATABASE_OWNER_URL"), application="wallet-owner")
DATABASE_ROUTERS = ["wallet_project.lib.db.OwnerMigrates"]

REDIS_URL = env.redis_url(2)
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": env.text("CACHE_URL", env.redis_url(1)),
        "KEY_PREFIX": "wallet",
    }
}
RATELIMIT_PREFIX = "wallet:limit"

# --- background work (security.md, "Background work"); read by wallet_project/celery.py

_VISIBILITY_TIMEOUT_SECONDS = 300
CELERY_BROKER_URL = env.text("BROKER_URL", env.redis_url(0))
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": _VISIBILITY_TIMEOUT_SECONDS,
    "unacked_restore_interval": 10,
    "unacked_restore_throttle": 1,
    "global_keyprefix": "wallet:celery:",
    "socket_connect_timeout": 2,
    "socket_timeout": 5,
}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_TASK_SOFT_TIME_LIMIT = 100
CELERY_TASK_TIME_LIMIT = 120
CELERY_TASK_DEFAULT_QUEUE = "notify"
CELERY_TASK_CREATE_MISSING_QUEUES = False
CELERY_TASK_PUBLISH_RETRY = False
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_ENABLE_UTC = True
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "wallet_project.celery.JobScheduler"

# --- words

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文")]  # each in its own words, so that everybody finds theirs
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "wallet_project.formats"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_COOKIE_NAME = "language"
LANGUAGE_COOKIE_AGE = 365 * 24 * 60 * 60
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
THEME_COOKIE_NAME = "theme"

# --- static files

STATIC_URL = "/static/"
WHITENOISE_ALLOW_ALL_ORIGINS = False  # no other site loads them; the headers of every answer say so
STATIC_ROOT = env.text("STATIC_ROOT") or str(BASE_DIR / "staticfiles")
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# --- what browsers and proxies are told

ALLOWED_HOSTS = env.words("ALLOWED_HOSTS")
TRUSTED_PROXY_COUNT = env.integer("TRUSTED_PROXY_COUNT", 0)
STAFF_NETWORKS = env.networks("STAFF_NETWORKS")  # where staff may work from; empty is anywhere
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_048_576
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "report-uri": ["/csp-report/"],
    }
}

# --- the JSON API

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.devices.api.authentication.WalletAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["wallet_project.lib.json_body.JsonBody"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "wallet_project.lib.api.exception_handler",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Wallet API",
    "VERSION": "1",
    "DESCRIPTION": "Everything a person can do in the wallet, for apps.",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "DeviceKind": ["web", "app", "staff"],
        "IdentifierKind": ["handle", "email", "phone"],
        "StatementStatus": ["REQUESTED", "WORKING", "READY", "FAILED", "EXPIRED"],
        "BankAccountStatus": "payments.banking.states.BankAccountStatus",
        "TopUpStatus": "payments.funding.states.TopUpStatus",
        "WithdrawalStatus": "payments.banking.states.WithdrawalStatus",
    },
}

# --- messages (lib/messaging.py); development and tests keep them in an outbox to read

MESSAGE_TRANSPORTS = {
    "email": "wallet_project.lib.messaging.by_smtp",
    "sms": "wallet_project.lib.messaging.by_sms_gateway",
}
EMAIL_HOST = env.text("EMAIL_HOST", "localhost")
EMAIL_PORT = env.integer("EMAIL_PORT", 587)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS = env.text("EMAIL_USE_TLS", "1") == "1"
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.text("EMAIL_FROM", "Wallet <no-reply@localhost>")
EMAIL_DOMAIN = DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">")
SMS_GATEWAY_URL = env.text("SMS_GATEWAY_URL")
SMS_GATEWAY_TOKEN = env.text("SMS_GATEWAY_TOKEN")

# --- money rails

STRIPE_API_BASE = env.text("STRIPE_API_BASE", "https://api.stripe.com")
STRIPE_LIVEMODE = STRIPE_API_KEY.startswith("sk_live_")
CHECKOUT_ORIGINS = ["https://checkout.stripe.com"]
BANK_URL = env.text("BANK_URL")
BANK_ACCOUNT_ID = env.text("BANK_ACCOUNT_ID")  # what the bank's mailbox calls our account
BANK_ACCOUNT_IBAN = env.text("BANK_ACCOUNT_IBAN")
BANK_ACCOUNT_BIC = env.text("BANK_ACCOUNT_BIC")
BANK_ACCOUNT_HOLDER = env.text("BANK_ACCOUNT_HOLDER")
PAYOUT_EVERY_SECONDS = env.integer("PAYOUT_EVERY_SECONDS", 60)  # approved withdrawals leave in one file each time
PRODUCT_NAME = "Wallet"
LEDGER_BOOK = env.integer("LEDGER_BOOK", 1)  # one book is what one database cluster keeps
LEDGER_FORMER_KEYS = env.words("LEDGER_FORMER_KEYS")  # public keys (base64) that signed checkpoints before a rotation
LEDGER_EXPORTS = env.text("LEDGER_EXPORTS")  # a folder the database's owner cannot reach: each checkpoint leaves a copy
DEFAULT_COUNTRY = env.text("DEFAULT_COUNTRY", "DE")
DEFAULT_PHONE_REGION = DEFAULT_COUNTRY
PUBLIC_URL = env.text("PUBLIC_URL", "http://localhost:8000")

# --- log

LOGGING_CONFIG = "logging.config.dictConfig"
LOGGING = logging_config(level=env.text("LOG_LEVEL", "INFO"), form=env.text("LOG_FORM", "json"))
