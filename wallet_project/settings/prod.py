"""Production, the default: told everything, refuses to guess."""

from wallet_project import env
from wallet_project.settings.base import *  # noqa: F403  # the shared values

if env.name() != "prod":
    raise env.Refused(f"WALLET_ENV is {env.name()} but the production settings are loaded: make both say the same.")

env.required("DATABASE_URL", "write postgresql://role:password@host:port/name of the app role.")
env.required("REDIS_URL", "write redis://host:6379, or rediss:// with TLS.")
ALLOWED_HOSTS = [host for host in env.words("ALLOWED_HOSTS") if host]
if not ALLOWED_HOSTS:
    raise env.Refused("ALLOWED_HOSTS is missing: list the names people reach the wallet by, separated by commas.")
if "*" in ALLOWED_HOSTS:
    raise env.Refused("ALLOWED_HOSTS is *: list the names people reach the wallet by, separated by commas.")
PUBLIC_URL = env.required("PUBLIC_URL", "write the https address people open, such as https://wallet.bank.eu.").rstrip(
    "/"
)
if not PUBLIC_URL.startswith("https://"):
    raise env.Refused("PUBLIC_URL does not begin with https://: the wallet is only served over TLS.")
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
EMAIL_HOST = env.required("EMAIL_HOST", "write the name of the server that sends e-mail; nobody signs up without it.")
SMS_GATEWAY_URL = env.required("SMS_GATEWAY_URL", "write the https address that takes text messages, as JSON.")
if not SMS_GATEWAY_URL.startswith("https://"):
    raise env.Refused("SMS_GATEWAY_URL does not begin with https://: text messages carry codes.")

BANK_URL = env.required("BANK_URL", "write the https address of the bank that pays out.").rstrip("/")
if not BANK_URL.startswith("https://"):
    raise env.Refused("BANK_URL does not begin with https://: payment files carry names and account numbers.")
BANK_ACCOUNT_ID = env.required("BANK_ACCOUNT_ID", "write what the bank calls our account in its mailbox.")
BANK_ACCOUNT_IBAN = env.required("BANK_ACCOUNT_IBAN", "write the account that withdrawals are paid from.")
BANK_ACCOUNT_BIC = env.required("BANK_ACCOUNT_BIC", "write the BIC of the bank that keeps that account.")
BANK_ACCOUNT_HOLDER = env.required("BANK_ACCOUNT_HOLDER", "write in whose name that account is.")

SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.integer("TRUSTED_PROXY_COUNT", 0) else None
SECURE_SSL_REDIRECT = True
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 63_072_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
LANGUAGE_COOKIE_SECURE = True
SESSION_COOKIE_NAME = "__Host-session"
CSRF_COOKIE_NAME = "__Host-csrf"
LANGUAGE_COOKIE_NAME = "__Host-language"
THEME_COOKIE_NAME = "__Host-theme"
