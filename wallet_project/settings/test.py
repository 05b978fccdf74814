"""Tests: as development, with cheap password hashes, an own corner of Valkey and no waiting."""

import os

os.environ.setdefault("WALLET_ENV", "test")

from wallet_project import env
from wallet_project.settings.base import *  # noqa: F403  # the shared values

ALLOWED_HOSTS = ["*"]
DEV_OUTBOX = True
MESSAGE_TRANSPORTS = dict.fromkeys(("email", "sms"), "wallet_project.lib.messaging.to_outbox")
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
PIN_HASHER = {"time_cost": 1, "memory_cost": 1024, "parallelism": 1}
STRIPE_API_BASE = env.text("STRIPE_API_BASE", env.text("SIMULATOR_URL", "http://127.0.0.1:1"))
RATELIMIT_PREFIX = f"test:{os.getpid()}:limit"
CHECKOUT_ORIGINS = [STRIPE_API_BASE]
BANK_URL = env.text("BANK_URL", "http://127.0.0.1:1")
BANK_ACCOUNT_ID = env.text("BANK_ACCOUNT_ID", "WALLET")
BANK_ACCOUNT_IBAN = env.text("BANK_ACCOUNT_IBAN", "NL84MOCK0000000100")
BANK_ACCOUNT_BIC = env.text("BANK_ACCOUNT_BIC", "MOCKNL2A")
BANK_ACCOUNT_HOLDER = env.text("BANK_ACCOUNT_HOLDER", "Wallet customer funds")
PAYOUT_EVERY_SECONDS = env.integer("PAYOUT_EVERY_SECONDS", 5)
