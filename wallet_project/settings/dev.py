"""Development, as `bin/run` starts it: plain http on this machine, everything else as in production."""

import os

os.environ.setdefault("WALLET_ENV", "dev")

from wallet_project import env
from wallet_project.settings.base import *  # noqa: F403  # the shared values

DEBUG = env.text("WALLET_DEBUG") == "1"
ALLOWED_HOSTS = ["*"]
DEV_OUTBOX = True
MESSAGE_TRANSPORTS = dict.fromkeys(("email", "sms"), "wallet_project.lib.messaging.to_outbox")
MIDDLEWARE = ["django.middleware.gzip.GZipMiddleware", *MIDDLEWARE]  # noqa: F405  # as the proxy does in production
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
STRIPE_API_BASE = env.text("STRIPE_API_BASE", env.text("SIMULATOR_URL", "http://127.0.0.1:1"))
CHECKOUT_ORIGINS = [STRIPE_API_BASE]
BANK_URL = env.text("BANK_URL", "http://127.0.0.1:1")
BANK_ACCOUNT_ID = env.text("BANK_ACCOUNT_ID", "WALLET")
BANK_ACCOUNT_IBAN = env.text("BANK_ACCOUNT_IBAN", "NL84MOCK0000000100")
BANK_ACCOUNT_BIC = env.text("BANK_ACCOUNT_BIC", "MOCKNL2A")
BANK_ACCOUNT_HOLDER = env.text("BANK_ACCOUNT_HOLDER", "Wallet customer funds")
PAYOUT_EVERY_SECONDS = env.integer("PAYOUT_EVERY_SECONDS", 5)
