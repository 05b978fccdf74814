"""What the process is told from outside, and its refusal to start on a bad answer.

Production is the default. Development and tests keep their secrets in ``$WALLET_VAR/secrets.json`` and find
their services in ``$WALLET_VAR/urls.env``; production is told everything and invents nothing.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import ipaddress
import json
import os
import secrets
import shlex
import sys
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit, urlunsplit

from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
ENVIRONMENTS = ("prod", "dev", "test")

SECRET_KEY_LENGTH_MIN = 50
KEY_BYTES = 32
DISTINCT_CHARACTERS_MIN = 12
SAMPLE_WORDS = ("change", "example", "sample", "insecure", "replace", "password", "your-", "xxxx", "dummy", "default")

NEW_KEY = """python3 -c 'import base64, secrets; print(base64.b64encode(secrets.token_bytes(32)).decode())'"""
NEW_TEXT = """python3 -c 'import secrets; print(secrets.token_urlsafe(64))'"""

SECRETS: dict[str, tuple[str, str]] = {
    "SECRET_KEY": ("text", "signs cookies and links"),
    "FIELD_KEYS": ("keys", "encrypts personal data; written kid:base64, newest first, separated by commas"),
    "BLIND_INDEX_KEY": ("key", "makes encrypted e-mails and phones findable"),
    "PIN_PEPPER": ("key", "is mixed into every payment PIN"),
    "LEDGER_SIGNING_KEY": ("key", "signs the checkpoints of the ledger (the seed of an Ed25519 key)"),
    "STRIPE_API_KEY": ("given", "calls the card provider; copy it from the provider's dashboard"),
    "STRIPE_WEBHOOK_SECRET": (
        "given",
        "checks the card provider's messages; two during a rotation, separated by commas",
    ),
}


class Refused(ImproperlyConfigured):
    """The process must not start. The text is one sentence a person can act on."""


def name() -> str:
    """``prod`` unless ``WALLET_ENV`` says ``dev`` or ``test``."""
    chosen = os.environ.get("WALLET_ENV", "").strip() or "prod"
    if chosen not in ENVIRONMENTS:
        raise Refused(f"WALLET_ENV is {chosen!r}: set it to prod, dev or test, or leave it out for prod.")
    return chosen


def settings_module() -> str:
    """The settings module of this environment."""
    return f"wallet_project.settings.{name()}"


def start() -> None:
    """Loads the settings of this environment, or ends the process with the sentence that says what is wrong."""
    try:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", settings_module())
        from django.conf import settings

        settings.INSTALLED_APPS  # noqa: B018  # the first read loads them
    except ImproperlyConfigured as refusal:
        sys.exit(f"The wallet does not start: {refusal}")


def text(variable: str, default: str = "") -> str:
    """A variable from the process, or (never in production) from the running copy's ``urls.env``."""
    found = os.environ.get(variable, "").strip()
    if not found and name() != "prod":
        found = _running_copy().get(variable, "")
    return found or default


def integer(variable: str, default: int) -> int:
    """A whole number from the environment."""
    found = text(variable)
    try:
        return int(found) if found else default
    except ValueError:
        raise Refused(f"{variable} is {found!r}: write a whole number.") from None


def words(variable: str, default: str = "") -> list[str]:
    """A list separated by commas."""
    return [word.strip() for word in text(variable, default).split(",") if word.strip()]


def networks(variable: str) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """A list of networks in CIDR form, such as ``192.0.2.0/24,2001:db8::/48``; a single address is a network of one."""
    found = []
    for word in words(variable):
        try:
            found.append(ipaddress.ip_network(word))
        except ValueError:
            raise Refused(
                f"{variable} holds {word!r}: write networks such as 192.0.2.0/24, each from its start."
            ) from None
    return found


def required(variable: str, advice: str) -> str:
    """A variable production cannot do without."""
    found = text(variable)
    if not found:
        raise Refused(f"{variable} is missing: {advice}")
    return found


def var_dir() -> Path:
    """Where development and tests keep what they make: ``WALLET_VAR``, or ``var`` in the checkout."""
    given = os.environ.get("WALLET_VAR", "").strip()
    return Path(given).absolute() if given else BASE_DIR / "var"


@cache
def _running_copy() -> dict[str, str]:
    """The addresses that the copy under ``WALLET_VAR`` wrote down when it started."""
    file = var_dir() / "urls.env"
    if not file.is_file():
        return {}
    pairs = (line.removeprefix("export ").partition("=") for line in file.read_text().splitlines())
    return {key.strip(): "".join(shlex.split(value)) for key, _, value in pairs if key}


# --- secrets


def load_secrets() -> dict[str, str]:
    """Every secret of ``SECRETS``, present, strong and different from the others; else Refused says which and how."""
    found = {variable: os.environ.get(variable, "").strip() for variable in SECRETS}
    if name() != "prod":
        made = development_secrets(var_dir())
        found = {variable: value or made[variable] for variable, value in found.items()}
    for variable, value in found.items():
        _refuse_weak(variable, value)
    _refuse_repeated(found)
    return found


def _refuse_weak(variable: str, value: str) -> None:
    kind, use = SECRETS[variable]
    how = {"text": f" Make one with: {NEW_TEXT}", "given": ""}.get(kind, f" Make one with: {NEW_KEY}")
    if not value:
        raise Refused(f"{variable} is missing: it {use}.{how}")
    if any(word in value.lower() for word in SAMPLE_WORDS) or len(set(value)) < DISTINCT_CHARACTERS_MIN:
        raise Refused(f"{variable} is a sample or too simple: it {use}, so it must be random.{how}")
    if kind == "text" and len(value) < SECRET_KEY_LENGTH_MIN:
        raise Refused(f"{variable} is too short: use at least {SECRET_KEY_LENGTH_MIN} random characters.{how}")
    if kind == "key":
        key_bytes(variable, value)
    if kind == "keys":
        field_keys(value)


def _refuse_repeated(found: dict[str, str]) -> None:
    seen: dict[bytes, str] = {}
    for variable, value in found.items():
        kind = SECRETS[variable][0]
        parts = list(field_keys(value).values()) if kind == "keys" else [_comparable(part) for part in value.split(",")]
        for part in parts:
            if part in seen:
                raise Refused(
                    f"{variable} repeats {seen[part]}: give every use its own secret. Make one with: {NEW_KEY}"
                )
            seen[part] = variable


def _comparable(value: str) -> bytes:
    """The same secret written as text or as base64 is the same secret."""
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return value.encode()


def key_bytes(variable: str, value: str) -> bytes:
    """A 256-bit key from base64."""
    try:
        key = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise Refused(f"{variable} is not base64. Make one with: {NEW_KEY}") from None
    if len(key) != KEY_BYTES:
        raise Refused(f"{variable} has {len(key)} bytes and needs {KEY_BYTES}. Make one with: {NEW_KEY}")
    return key


def field_keys(value: str) -> dict[str, bytes]:
    """``kid:base64,…`` as an ordered table; the first one encrypts, all decrypt."""
    keys: dict[str, bytes] = {}
    for pair in value.split(","):
        kid, separator, key = pair.strip().partition(":")
        if not separator or not kid.isalnum() or kid in keys:
            raise Refused(
                "FIELD_KEYS is malformed: write kid:base64, each kid once, newest first, separated by commas."
            )
        keys[kid] = key_bytes("FIELD_KEYS", key)
    return keys


def development_secrets(folder: Path) -> dict[str, str]:
    """The secrets of one development or test folder, made on first use and readable by their owner only."""
    file = folder / "secrets.json"
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        _write_once(file, json.dumps(_new_secrets(), indent=2))
    made: dict[str, str] = json.loads(file.read_text())
    for variable in ("LEDGER_SIGNING_KEY",):  # younger than some folders; processes that start at once make the same
        later = hashlib.sha256(f"{variable} {made['SECRET_KEY']}".encode()).digest()
        made.setdefault(variable, base64.b64encode(later).decode())
    return made


def _new_secrets() -> dict[str, str]:
    def key() -> str:
        return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()

    return {
        "SECRET_KEY": secrets.token_urlsafe(64),
        "FIELD_KEYS": f"1:{key()}",
        "BLIND_INDEX_KEY": key(),
        "PIN_PEPPER": key(),
        "LEDGER_SIGNING_KEY": key(),
        "STRIPE_API_KEY": f"sk_test_{secrets.token_hex(24)}",
        "STRIPE_WEBHOOK_SECRET": f"whsec_{secrets.token_hex(24)}",
    }


def _write_once(file: Path, content: str) -> None:
    """Two processes may start at once: the first file wins, whole."""
    draft = file.with_name(f"{file.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(content)
    try:
        os.link(draft, file)
    except FileExistsError:
        return
    finally:
        draft.unlink()


# --- services


def database(url: str, *, application: str) -> dict[str, Any]:
    """Django's settings for one ``postgresql://`` address.

    No session state and short waits, so that a proxy, a replica or a failover can stand in between
    (ledger.md, "Outgrowing one machine" 4).
    """
    parts = urlsplit(url)
    if parts.scheme not in ("postgresql", "postgres") or not parts.path.strip("/"):
        raise Refused("A database address must read postgresql://role:password@host:port/name.")
    options: dict[str, Any] = {
        "connect_timeout": 2,
        "tcp_user_timeout": 3000,
        "target_session_attrs": "read-write",
        "application_name": application,
        **dict(parse_qsl(parts.query)),
    }
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or options.pop("host", "")),
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": integer("DATABASE_CONN_MAX_AGE", 300),
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": True,
        "ATOMIC_REQUESTS": False,
        "OPTIONS": options,
    }


def redis_url(number: int) -> str:
    """``REDIS_URL`` with another database number: 0 broker, 1 cache, 2 limits."""
    parts = urlsplit(text("REDIS_URL") if name() != "prod" else required("REDIS_URL", "write redis://host:6379."))
    return urlunsplit((parts.scheme or "redis", parts.netloc or "127.0.0.1:1", f"/{number}", parts.query, ""))
