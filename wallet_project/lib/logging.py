"""One JSON object per log line, with the request's id, and nothing in it that a thief could use.

Redaction is a net, not a licence: code never logs a secret on purpose. Values are masked by the name they
carry and by the shape they have.
"""

from __future__ import annotations

import json
import logging
import re
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""The id of the request or task being served; set by the middleware and by Celery's signals."""

MASK = "•••"
SECRET_NAMES = re.compile(
    r"pin$|^pin_|passw|secret|token|cookie|authorization|otp|^code$|_code$|card|cvc|iban|api_?key|session|e_?mail|phone|login",
    re.IGNORECASE,
)
HARMLESS_NAMES = frozenset({"status_code", "error_code", "template_code", "token_kind", "session_kind"})

_SHAPES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\b(?:sk|pk|rk)_(?:test|live)_\w+|\bwhsec_\w+|\bwlt_[\w-]+|\bBearer\s+\S+"), MASK),
    (re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+"), MASK),
    (re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b"), MASK),
    (re.compile(r"(?<![\w.:-])\+\d[\d ()-]{6,18}\d"), MASK),
    (re.compile(r"(?<![\w-])(?:\d[ -]?){12,18}\d(?![\w-])"), MASK),
    (re.compile(r"\b[BCDFGHJKLMNPQRSTVWXYZ23456789]{4}-[BCDFGHJKLMNPQRSTVWXYZ23456789]{4}\b"), MASK),
    (re.compile(r"(?<![\w.:-])\d{6}(?![\w:-]|\.\d)"), MASK),
    (
        re.compile(r"(?i)((?:pin|code|password|token|secret|key|cvc)[\"']?\s*[=:]\s*[\"']?)(?!•)[^\s\"'&,}]+"),
        rf"\1{MASK}",
    ),
)
_PLAIN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "request", "color_message"}


def redact(text: str) -> str:
    """Masks what looks like a key, an e-mail, a phone, a card, an IBAN or a one-time code."""
    for shape, replacement in _SHAPES:
        text = shape.sub(replacement, text)
    return text


def redact_value(name: str, value: Any) -> Any:
    """Masks by name first, then by shape; containers are walked."""
    if name not in HARMLESS_NAMES and SECRET_NAMES.search(name):
        return MASK
    if isinstance(value, dict):
        return {str(key): redact_value(str(key), item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [redact_value("", item) for item in value]
    if value is None or isinstance(value, bool | int):
        return value
    return redact(str(value))


def _facts(record: logging.LogRecord) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname,
        "logger": record.name,
        "message": redact(record.getMessage()),
    }
    if request_id.get():
        facts["request_id"] = request_id.get()
    for name, value in vars(record).items():
        if name not in _PLAIN:
            facts[name] = redact_value(name, value)
    if record.exc_info:
        facts["trace"] = redact(logging.Formatter().formatException(record.exc_info))
    return facts


class JsonFormatter(logging.Formatter):
    """For machines: one object per line."""

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(_facts(record), ensure_ascii=False, default=str)


class LineFormatter(logging.Formatter):
    """For people in development: the same facts, on a line."""

    def format(self, record: logging.LogRecord) -> str:
        facts = _facts(record)
        trace = facts.pop("trace", "")
        head = f"{facts.pop('at')[11:23]} {facts.pop('level'):7} {facts.pop('logger')}: {facts.pop('message')}"
        tail = " ".join(f"{name}={value}" for name, value in facts.items())
        return "\n".join(part for part in (f"{head}  {tail}".rstrip(), trace) if part)


def logging_config(*, level: str, form: str) -> dict[str, Any]:
    """The ``LOGGING`` setting. ``form`` is ``json`` or ``line``."""
    formatter = LineFormatter if form == "line" else JsonFormatter
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"wallet": {"()": f"{formatter.__module__}.{formatter.__qualname__}"}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "wallet"}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            "django": {"handlers": [], "level": level, "propagate": True},
            "django.server": {"handlers": [], "propagate": True},
            "django.security.DisallowedHost": {"level": "CRITICAL"},
            "celery": {"level": "WARNING"},
            "stripe": {"level": "WARNING"},
            "axes": {"level": "WARNING"},
        },
    }
