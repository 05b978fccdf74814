"""Limits that hold when forty requests arrive at once: one atomic Valkey script, one round trip per request.

Two kinds. A *rate* lets a principal do so many things per period (GCRA: a token bucket in one number).
A *guess* counts failures: a slot is taken **before** the secret is compared and given back only when it was
right, so parallel guesses cannot slip past the count. Every view that signs in, looks up or moves money names
its scopes; a test walks the URLs.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache, wraps
from typing import TYPE_CHECKING, Any, ParamSpec

import redis
from django.conf import settings

from wallet_project.lib.client_ip import client_ip
from wallet_project.lib.errors import WalletError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from django.http import HttpRequest, HttpResponseBase

P = ParamSpec("P")


class RateLimited(WalletError):
    """Too many tries. ``retry_after`` is in whole seconds."""

    code = "rate_limited"


class LimiterUnavailable(WalletError):
    """The limiter cannot be asked, and this scope must not go unlimited."""

    code = "temporarily_unavailable"


@dataclass(frozen=True, slots=True)
class Rate:
    """``count`` acts per ``seconds`` for each principal of kind ``by`` (ip or person)."""

    count: int
    seconds: int
    by: str
    opens_when_down: bool = False


@dataclass(frozen=True, slots=True)
class Guess:
    """At most ``count`` failures per ``seconds`` for one key of this kind."""

    count: int
    seconds: int


# Numbers: the product's defaults. "person" falls back to the address before sign-in.
RATES: dict[str, Rate] = {
    "signup": Rate(60, 60, "ip"),
    "signin": Rate(600, 60, "ip"),
    "lookup": Rate(120, 60, "person"),
    "money": Rate(300, 60, "person"),
    "security": Rate(60, 60, "person"),
    "help": Rate(20, 600, "person"),
    "reports": Rate(60, 600, "person"),
    "read": Rate(600, 60, "person", opens_when_down=True),
    "webhook": Rate(6000, 60, "ip", opens_when_down=True),
    "public": Rate(1200, 60, "ip", opens_when_down=True),
    # Messages with codes: what one recipient, number block or address may cause, and the breaker for all of them.
    "sms_pace": Rate(3, 30, "recipient"),
    "email_pace": Rate(3, 30, "recipient"),
    "sms_recipient": Rate(20, 86_400, "recipient"),
    "sms_prefix": Rate(600, 3600, "prefix"),
    "sms_address": Rate(600, 3600, "ip"),
    "sms_all": Rate(3000, 600, "all"),
    "email_recipient": Rate(60, 86_400, "recipient"),
    "email_address": Rate(1200, 3600, "ip"),
    "email_all": Rate(10_000, 600, "all"),
}

GUESSES: dict[str, Guess] = {
    "session": Guess(5, 900),
    "account": Guess(5, 900),
    "ip": Guess(300, 600),
}

_ENTER_SCRIPT = """
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local rates, worst, due = tonumber(ARGV[1]), 0, {}
for i, key in ipairs(KEYS) do
  local count, period = tonumber(ARGV[2*i]), tonumber(ARGV[2*i+1])
  local found = tonumber(redis.call('GET', key) or '0')
  if i <= rates then
    due[i] = math.max(found, now) + period / count
    worst = math.max(worst, due[i] - now - period)
  elseif found >= count then
    worst = math.max(worst, redis.call('PTTL', key), 1)
  end
end
if worst > 0 then return math.ceil(worst) end
for i, key in ipairs(KEYS) do
  if i <= rates then
    redis.call('SET', key, string.format('%.3f', due[i]), 'PX', math.ceil(due[i] - now) + 1)
  elseif redis.call('INCR', key) == 1 then
    redis.call('PEXPIRE', key, ARGV[2*i+1])
  end
end
return 0
"""

_GIVE_BACK_SCRIPT = """
for i, key in ipairs(KEYS) do
  if ARGV[i] == 'clear' then redis.call('DEL', key)
  elseif tonumber(redis.call('GET', key) or '0') > 0 then redis.call('DECR', key) end
end
return 0
"""


@cache
def _client() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1)


@cache
def _script(source: str) -> Any:
    return _client().register_script(source)


def _run(source: str, keys: list[str], args: list[Any]) -> int:
    return int(_script(source)(keys=keys, args=args))


def _key(kind: str, scope: str, principal: str) -> str:
    """Principals are hashed: an address or a phone number is personal, and the limiter never shows it."""
    digest = hashlib.sha256(f"{settings.RATELIMIT_PREFIX}|{principal}".encode()).hexdigest()[:32]
    return f"{settings.RATELIMIT_PREFIX}:{kind}:{scope}:{digest}"


class Attempt:
    """One guess in progress: its slots are already counted as failures."""

    def __init__(self, keys: dict[str, str]) -> None:
        self._keys = keys

    def succeeded(self) -> None:
        """The guess was right: the account and the session start anew, the address gets its slot back."""
        modes = ["keep" if kind == "ip" else "clear" for kind in self._keys]
        _run(_GIVE_BACK_SCRIPT, list(self._keys.values()), modes)

    def not_a_guess(self) -> None:
        """Nothing was compared (a malformed form, a fault of ours): every slot is given back."""
        _run(_GIVE_BACK_SCRIPT, list(self._keys.values()), ["keep"] * len(self._keys))


def enter(
    *, rates: Mapping[str, str], secret: str = "", session: str = "", account: str = "", ip: str = ""
) -> Attempt | None:
    """Takes one act of each rate for its principal and, where a ``secret`` of that kind will be compared, a failure
    slot for each given principal: all or none, in one round trip. Empty principals do not count.

    Raises RateLimited with ``retry_after`` seconds. With the limiter out of reach it raises LimiterUnavailable, unless
    nothing is guessed and every rate may open.
    """
    limits = [RATES[scope] for scope in rates]
    given = {"session": session, "account": account, "ip": ip} if secret else {}
    kinds = {kind: principal for kind, principal in given.items() if principal}
    # Failures of one address count together, whatever was being guessed.
    slots = {
        kind: _key("guess", f"{kind}:{'any' if kind == 'ip' else secret}", principal)
        for kind, principal in kinds.items()
    }
    keys = [*(_key("rate", scope, principal) for scope, principal in rates.items()), *slots.values()]
    sizes: list[Rate | Guess] = [*limits, *(GUESSES[kind] for kind in slots)]
    args: list[Any] = [len(limits), *(value for size in sizes for value in (size.count, size.seconds * 1000))]
    try:
        wait_ms = _run(_ENTER_SCRIPT, keys, args)
    except redis.RedisError as error:
        if not secret and all(limit.opens_when_down for limit in limits):
            return None
        raise LimiterUnavailable from error
    if wait_ms:
        raise RateLimited(retry_after=-(-wait_ms // 1000))
    return Attempt(slots) if secret else None


def take(scopes: Mapping[str, str]) -> None:
    """Takes one act of each scope for its principal, all or none.

    Raises RateLimited with ``retry_after`` seconds; LimiterUnavailable if the limiter is out of reach and one of
    the scopes must not open.
    """
    enter(rates=scopes)


def guess(scope: str, *, session: str = "", account: str = "", ip: str = "") -> Attempt:
    """Takes a failure slot for each given principal before the secret is compared; empty ones do not count.

    Raises RateLimited when any has none left (nothing is taken then), LimiterUnavailable when it cannot know.
    """
    attempt = enter(rates={}, secret=scope, session=session, account=account, ip=ip)
    return attempt if attempt is not None else Attempt({})


def principals(request: HttpRequest, scopes: tuple[str, ...]) -> dict[str, str]:
    """Who each scope counts: the signed-in person where the scope is per person, else the address."""
    user = getattr(request, "user", None)
    person = str(user.pk) if user is not None and user.is_authenticated else ""
    address = client_ip(request) or "unknown"
    return {scope: person if RATES[scope].by == "person" and person else address for scope in scopes}


def limited(*scopes: str) -> Callable[[Callable[P, HttpResponseBase]], Callable[P, HttpResponseBase]]:
    """Declares a page's limits and enforces them before the view runs. Unknown scopes fail at import."""
    unknown = [scope for scope in scopes if scope not in RATES]
    if unknown or not scopes:
        raise ValueError(f"unknown rate limit scopes: {unknown or 'none given'}")

    def decorate(view: Callable[P, HttpResponseBase]) -> Callable[P, HttpResponseBase]:
        @wraps(view)
        def wrapper(*args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            request: Any = args[0]
            take(principals(request, scopes))
            return view(*args, **kwargs)

        wrapper.rate_limits = scopes  # type: ignore[attr-defined]  # read by the architecture test
        return wrapper

    return decorate
