"""The guard in front of every sign-in address, HTML and headless (holes 1 and 7).

allauth counts wrong codes by reading and writing the session: of forty parallel guesses thirty-nine were compared.
Here each guess takes a slot in Valkey before it is compared (lib.ratelimit.enter), per session, per account and per
address; a right one gives it back. Every other request takes from a rate of its address. A new address of allauth
that this table does not name is limited like the rest, never unlimited.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from allauth.account.internal.flows.password_reset_by_code import PASSWORD_RESET_VERIFICATION_SESSION_KEY
from allauth.account.internal.stagekit import LOGIN_SESSION_KEY
from allauth.headless import app_settings as headless_settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import UpdateError
from django.http import HttpResponseNotAllowed

from accounts.devices.api.authentication import HEADER
from accounts.devices.selectors import hashed
from accounts.identity.axes import username_of
from accounts.identity.lapsed import say_why
from accounts.identity.proof import was_proven
from accounts.identity.refusals import APP_PREFIX, refuse
from wallet_project.lib import ratelimit
from wallet_project.lib.api import NotAuthenticated
from wallet_project.lib.client_ip import client_ip
from wallet_project.lib.errors import Invalid, WalletError
from wallet_project.lib.json_body import read_json

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from django.http import HttpRequest, HttpResponse

HTML_PREFIX = "/account/"
BODY_MAX = 64_000

# Where a secret is compared, by the kind of secret, and the fields that carry it.
CODE_FIELDS = ("code", "key")
PASSWORD_FIELDS = ("password", "oldpassword", "current_password")
GUESSED: dict[str, str] = {
    "account_email_verification_sent": "code",
    "account_verify_phone": "code",
    "account_confirm_login_code": "code",
    "account_confirm_password_reset_code": "code",
    "mfa_authenticate": "code",
    "mfa_reauthenticate": "code",
    "account_login": "password",
    "account_reauthenticate": "password",
    "account_change_password": "password",
    "headless:app:account:verify_email": "code",
    "headless:app:account:verify_phone": "code",
    "headless:app:account:confirm_login_code": "code",
    "headless:app:account:reset_password": "code",
    "headless:app:mfa:authenticate": "code",
    "headless:app:mfa:reauthenticate": "code",
    "headless:app:account:login": "password",
    "headless:app:account:reauthenticate": "password",
    "headless:app:account:change_password": "password",
}
CODE_HEADERS = ("X-Email-Verification-Key", "X-Password-Reset-Key")
CODE_REQUEST = "headless:app:account:request_login_code"
MANAGE_PHONE = "headless:app:account:manage_phone"
MANAGE_PHONE_METHODS = ("GET", "POST")
"""With any other, allauth's view asks a stranger's request for its person and breaks."""

SIGN_UP = ("account_signup", "headless:app:account:signup")
WRONG = frozenset(
    {
        "incorrect_code",
        "incorrect_password",
        "invalid_login",
        "invalid_password_reset",
        "enter_current_password",
        "email_password_mismatch",
        "phone_password_mismatch",
        "username_password_mismatch",
    }
)


@dataclass(frozen=True, slots=True)
class Guarded:
    """What one address is limited by: a rate, and the kind of secret it compares, if any."""

    rate: str
    secret: str = ""


def guard_of(view_name: str, method: str) -> Guarded:
    """The limits of one address of allauth's, for the middleware and for the test that walks the URLs."""
    if method in ("GET", "HEAD", "OPTIONS"):
        return Guarded("public", GUESSED.get(view_name, "") if view_name.startswith("headless:") else "")
    return Guarded("signup" if view_name in SIGN_UP else "signin", GUESSED.get(view_name, ""))


class SignInGuard:
    """Middleware, after authentication and allauth's own: limits, and refusals in the client's shape."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        attempt: ratelimit.Attempt | None = getattr(request, "_wallet_guess", None)
        if attempt is not None:
            _settle(attempt, request, response)
        say_why(request, response)
        return response

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        """Takes the slots, or answers 429 before anything is compared."""
        if not request.path.startswith((HTML_PREFIX, APP_PREFIX)) or request.resolver_match is None:
            return None
        if request.resolver_match.view_name == MANAGE_PHONE and request.method not in MANAGE_PHONE_METHODS:
            return HttpResponseNotAllowed(MANAGE_PHONE_METHODS)
        guarded = guard_of(request.resolver_match.view_name, request.method or "GET")
        try:
            request._wallet_guess = _enter(request, guarded)  # type: ignore[attr-defined]  # ours
        except WalletError as refusal:
            return refuse(request, refusal)
        return None

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """A refusal inside a sign-in view, or a session that another request ended meanwhile."""
        if not request.path.startswith((HTML_PREFIX, APP_PREFIX)):
            return None
        if isinstance(error, WalletError):
            return refuse(request, error)
        return refuse(request, NotAuthenticated()) if isinstance(error, UpdateError) else None


def _enter(request: HttpRequest, guarded: Guarded) -> ratelimit.Attempt | None:
    """Rate and guess in one trip. What cannot be read still takes from the rate."""
    rates = {guarded.rate: client_ip(request) or "unknown"}
    try:
        values = _values(request)
    except Invalid:
        ratelimit.take(rates)
        raise
    return ratelimit.enter(rates=rates, **(_guessed(request, guarded.secret, values) if guarded.secret else {}))


def _guessed(request: HttpRequest, secret: str, values: Mapping[str, Any]) -> dict[str, str]:
    """What is guessed, and who is counted; nothing where nothing will be compared."""
    fields = CODE_FIELDS if secret == "code" else PASSWORD_FIELDS
    in_header = any(request.headers.get(header) for header in CODE_HEADERS)
    if not in_header and not any(values.get(field) for field in fields):
        return {}  # a resend, a changed address or an empty form: nothing will be compared
    address = client_ip(request) or "unknown"
    session_key, session = _session(request)
    if secret == "password":
        return {"secret": secret, "account": _password_account(request, values, session, address), "ip": address}
    return {"secret": secret, "session": session_key, "account": _code_account(session), "ip": address}


def _password_account(request: HttpRequest, values: Mapping[str, Any], session: Mapping[str, Any], address: str) -> str:
    """The account as tried from this address: a stranger elsewhere cannot lock its owner out (as axes counts)."""
    signed_in = session.get(SESSION_KEY)
    if signed_in:
        return f"uid:{signed_in}|{address}"
    # Only the fields that are compared: with others beside them, every guess would count for somebody else.
    named = ("email", "phone") if request.path.startswith(APP_PREFIX) else ("login",)
    return f"{username_of(request, {field: values.get(field) for field in named})}|{address}"


def _code_account(session: Mapping[str, Any]) -> str:
    """Whose code it is: the person signing in, or what was typed where nobody was found."""
    stashed = session.get(LOGIN_SESSION_KEY)
    stashed = stashed if isinstance(stashed, dict) else {}
    reset = session.get(PASSWORD_RESET_VERIFICATION_SESSION_KEY) or {}
    user = session.get(SESSION_KEY) or stashed.get("user_pk") or reset.get("user_id")
    if user:
        return f"uid:{str(user).replace('-', '')}"
    typed = stashed.get("email") or stashed.get("phone") or reset.get("email")
    return f"typed:{typed}" if typed else ""


def _session(request: HttpRequest) -> tuple[str, Mapping[str, Any]]:
    """The principal of the session and its content: of the app's token, else of the cookie."""
    if request.path.startswith(APP_PREFIX):
        token = request.headers.get(HEADER, "")
        session = headless_settings.TOKEN_STRATEGY.lookup_session(token) if token else None
        return (hashed(token), session) if session is not None else ("", {})
    key = request.session.session_key
    return (hashed(key), request.session) if key else ("", {})


def _values(request: HttpRequest) -> Mapping[str, Any]:
    if not request.path.startswith(APP_PREFIX):
        return request.POST
    if len(request.body) > BODY_MAX:
        raise Invalid
    try:
        values = read_json(request.body or b"{}")
    except ValueError as error:
        raise Invalid from error
    if not isinstance(values, dict):
        raise Invalid
    is_for_a_code = request.resolver_match is not None and request.resolver_match.view_name == CODE_REQUEST
    if is_for_a_code and not any(_is_text(values.get(contact)) for contact in ("email", "phone")):
        raise Invalid  # allauth's own form lets a request for a code name nobody, and then looks for them
    return values


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _settle(attempt: ratelimit.Attempt, request: HttpRequest, response: HttpResponse) -> None:
    """Right: the count starts anew. Not compared at all: the slot is given back. Anything else was a failure."""
    if was_proven(request) or _reset_code_was_right(request, response):
        attempt.succeeded()
    elif response.status_code in (404, 405, 409, 410, 429) or _only_other_mistakes(response):
        attempt.not_a_guess()


def _reset_code_was_right(request: HttpRequest, response: HttpResponse) -> bool:
    if request.path.startswith(APP_PREFIX):
        return request.method == "GET" and response.status_code == 200
    return response.headers.get("Location", "").startswith("/account/password/reset/complete/")


def _only_other_mistakes(response: HttpResponse) -> bool:
    """Whether the form was refused for something else than a wrong secret (a missing field, a weak new password)."""
    codes = _error_codes(response)
    return bool(codes) and not codes & WRONG


def _error_codes(response: HttpResponse) -> set[str]:
    if response.headers.get("Content-Type", "").startswith("application/json"):
        try:
            errors = json.loads(response.content).get("errors") or []
        except (ValueError, AttributeError):
            return set()
        return {str(error.get("code", "")) for error in errors}
    form = (getattr(response, "context_data", None) or {}).get("form")
    if form is None or not form.is_bound:
        return set()
    return {str(error.code) for errors in form.errors.as_data().values() for error in errors}
