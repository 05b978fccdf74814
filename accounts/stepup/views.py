"""One page confirms everything; two more set and reset the payment PIN."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.devices.origin import origin_of, session_row_of
from accounts.mfa.errors import CodeWrong, PinLocked, PinResetRequired, PinTooEasy, ReauthenticationRequired
from accounts.stepup import selectors, services
from accounts.stepup.errors import ChallengeExpired, ChallengeLocked, ChallengeUsed, ChallengeVoid
from accounts.stepup.forms import AnswerForm, ChangePinForm, FirstPinForm, ResetPinForm
from wallet_project.lib import clock, ids
from wallet_project.lib.describing import catalogue, describe, together
from wallet_project.lib.errors import Invalid, WalletError
from wallet_project.lib.ratelimit import RateLimited, limited

if TYPE_CHECKING:
    from django.forms import Form
    from django.http import HttpResponse

    from accounts.identity.requests import PersonRequest
    from accounts.stepup.models import Challenge

PAGE = ["GET", "HEAD", "POST"]
OVER = (ChallengeExpired, ChallengeLocked, ChallengeVoid)


# --- confirm


@login_required
@require_http_methods(PAGE)
@limited("money")
def confirm(request: PersonRequest, challenge: str) -> HttpResponse:
    """What is confirmed, and the field that confirms it. A used challenge leads on to what it confirmed."""
    found = selectors.challenge_of(request.user, ids.parse("chl", challenge))
    if selectors.status_of(found, at=clock.now()) == "CONSUMED":
        return redirect(_next(request) or selectors.shown(found).after_url)
    if request.method == "POST":
        return _answer(request, found)
    return _show(request, found)


def _answer(request: PersonRequest, challenge: Challenge) -> HttpResponse:
    kind = request.POST.get("method", "")
    if kind not in challenge.methods:
        return _show(request, challenge, status=422)
    form = AnswerForm(request.POST, kind=kind)
    if not form.is_valid():
        return _show(request, challenge, form=form, status=422)
    leads_to = _next(request) or selectors.shown(challenge).after_url
    try:
        outcome = services.answer(
            challenge_id=challenge.pk,
            user=request.user,
            method=kind,
            code=form.cleaned_data["code"],
            at=clock.now(),
            origin=origin_of(request),
        ).outcome
    except ChallengeUsed:  # a second click, or the page's twin in another tab: show the result of the first
        return redirect(leads_to)
    except CodeWrong as refusal:
        form.add_error("code", describe(refusal).detail)
        return _show(request, challenge, form=form, status=422)
    except (*OVER, PinLocked, PinResetRequired, PinTooEasy, RateLimited) as refusal:
        return _show(request, challenge, refusal=refusal)
    if outcome.challenge is not None:
        return redirect(_with_next(request, "confirm", outcome.challenge.public_id))
    if outcome.resource.get("pin_set"):
        messages.success(request, _("Your payment PIN is set."))
    return redirect(leads_to)


def _show(
    request: PersonRequest,
    challenge: Challenge,
    *,
    form: AnswerForm | None = None,
    refusal: WalletError | None = None,
    status: int = 200,
) -> HttpResponse:
    challenge.refresh_from_db()
    at = clock.now()
    state = selectors.status_of(challenge, at=at)
    methods = list(challenge.methods)
    sent = selectors.sent_by(challenge)
    kind = sent or methods[0]
    context = {
        "challenge": challenge,
        "shown": selectors.shown(challenge),
        "live": state in ("OPEN", "ANSWERED"),
        "form": form or AnswerForm(kind=kind),
        "kind": kind,
        "asks": kind in ("pin", "password") or sent,
        "contacts": selectors.contacts_for(challenge),
        "sent_to": selectors.contacts_for(challenge).get(sent, ""),
        "pin": selectors.pin_state(request.user, at=at) if kind == "pin" else None,
        "problem": describe(refusal) if refusal else None,
        "can_cancel": selectors.can_cancel(challenge),
        "next": _next(request),
    }
    if refusal is not None:
        status = describe(refusal).status
    return render(request, "accounts/stepup/confirm.html", context, status=status)


@login_required
@require_POST
@limited("money")
def send(request: PersonRequest, challenge: str) -> HttpResponse:
    """Sends the code, then shows the page that asks for it."""
    found = selectors.challenge_of(request.user, ids.parse("chl", challenge))
    try:
        services.send_code(
            challenge_id=found.pk,
            user=request.user,
            method=request.POST.get("method", ""),
            at=clock.now(),
            origin=origin_of(request),
        )
    except (*OVER, ChallengeUsed, RateLimited) as refusal:
        return _show(request, found, refusal=refusal)
    return redirect(_with_next(request, "confirm", found.public_id))


@login_required
@require_POST
@limited("money")
def renew(request: PersonRequest, challenge: str) -> HttpResponse:
    """Asks again, while the thing still waits."""
    found = selectors.challenge_of(request.user, ids.parse("chl", challenge))
    try:
        fresh = services.renew(challenge_id=found.pk, user=request.user, at=clock.now(), origin=origin_of(request))
    except ChallengeUsed:
        return redirect(_with_next(request, "confirm", found.public_id))
    except (PinLocked, PinResetRequired) as refusal:
        return _show(request, found, refusal=refusal)
    return redirect(_with_next(request, "confirm", fresh.public_id))


@login_required
@require_POST
@limited("money")
def cancel(request: PersonRequest, challenge: str) -> HttpResponse:
    """Gives the thing up; what was reserved for it is free again."""
    found = selectors.challenge_of(request.user, ids.parse("chl", challenge))
    after_url = selectors.shown(found).after_url
    try:
        services.cancel(challenge_id=found.pk, user=request.user, at=clock.now(), origin=origin_of(request))
    except ChallengeUsed:
        return redirect(after_url)
    return redirect(after_url)


# --- the payment PIN


@login_required
@require_http_methods(PAGE)
@limited("security")
def pin(request: PersonRequest) -> HttpResponse:
    """Sets the first PIN, or changes it. ``next`` leads back to the payment that needed one."""
    state = selectors.pin_state(request.user, at=clock.now())
    if state["pin_set"]:
        return _change_pin(request, state)
    session = session_row_of(request)
    signed_in_at = session.authenticated_at if session is not None else None
    if not selectors.is_fresh(signed_in_at, at=clock.now()):
        return _sign_in_again(request)
    form = FirstPinForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return _pin_page(request, "set", form, state)
    try:
        at = clock.now()
        challenge = services.begin_pin(
            user=request.user, pin=form.cleaned_data["pin"], signed_in_at=signed_in_at, at=at
        )
    except ReauthenticationRequired:
        return _sign_in_again(request)
    except (Invalid, PinTooEasy) as refusal:
        return _pin_page(request, "set", _told(form, refusal), state)
    return _to_code(request, challenge)


def _change_pin(request: PersonRequest, state: dict[str, Any]) -> HttpResponse:
    form = ChangePinForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return _pin_page(request, "change", form, state)
    try:
        services.change_pin(
            user=request.user,
            old_pin=form.cleaned_data["old_pin"],
            pin=form.cleaned_data["pin"],
            at=clock.now(),
            origin=origin_of(request),
        )
    except CodeWrong as refusal:
        form.add_error("old_pin", describe(refusal).detail)
        return _pin_page(request, "change", form, state)
    except (PinLocked, PinResetRequired):
        return _pin_page(request, "change", ChangePinForm(), state, status=403)
    except (Invalid, PinTooEasy) as refusal:
        return _pin_page(request, "change", _told(form, refusal), state)
    messages.success(request, _("Your payment PIN is changed."))
    return redirect(_next(request) or reverse("security"))


@login_required
@require_http_methods(PAGE)
@limited("security")
def reset_pin(request: PersonRequest) -> HttpResponse:
    """Starts a reset: a code to the verified contact, then the password."""
    state = selectors.pin_state(request.user, at=clock.now())
    form = ResetPinForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return _pin_page(request, "reset", form, state)
    try:
        challenge = services.begin_reset(user=request.user, pin=form.cleaned_data["pin"], at=clock.now())
    except (Invalid, PinTooEasy) as refusal:
        return _pin_page(request, "reset", _told(form, refusal), state)
    return _to_code(request, challenge)


def _pin_page(
    request: PersonRequest, what: str, form: Form, state: dict[str, Any], *, status: int | None = None
) -> HttpResponse:
    context = {"form": form, "next": _next(request), "pin": selectors.pin_state(request.user, at=clock.now())}
    status = status or (422 if form.errors else 200)
    return render(request, f"accounts/stepup/pin_{what}.html", context, status=status)


def _told(form: Form, refusal: WalletError) -> Form:
    """Puts a refusal of the PIN beside its field."""
    code = refusal.fields.get("pin", refusal.code) if isinstance(refusal, Invalid) else refusal.code
    entry = catalogue()[code]
    form.add_error("pin", together(entry.detail, entry.next_step) if code == "pin_too_easy" else str(entry.detail))
    return form


def _to_code(request: PersonRequest, challenge: Challenge) -> HttpResponse:
    """On to the page that asks for the code; where there is one contact only, the code is already on its way."""
    if len(challenge.methods) == 1:
        services.send_code(
            challenge_id=challenge.pk,
            user=request.user,
            method=challenge.methods[0],
            at=clock.now(),
            origin=origin_of(request),
        )
    return redirect(_with_next(request, "confirm", challenge.public_id))


def _sign_in_again(request: PersonRequest) -> HttpResponse:
    """A first PIN needs a sign-in of the last five minutes."""
    back = _with_next(request, "security_pin")
    if request.user.has_usable_password():
        return redirect(f"{reverse('account_reauthenticate')}?{urlencode({'next': back})}")
    return render(request, "accounts/stepup/sign_in_again.html", {"back": back}, status=401)


# --- where to go next


def _next(request: PersonRequest) -> str:
    """The page to come back to, if it is one of ours."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if wanted and ours else ""


def _with_next(request: PersonRequest, name: str, *args: str) -> str:
    wanted = _next(request)
    return reverse(name, args=args) + (f"?{urlencode({'next': wanted})}" if wanted else "")
