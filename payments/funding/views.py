"""Adding money by card, as pages."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from csp.decorators import csp_update
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.devices.origin import origin_of
from accounts.limits.selectors import remaining
from accounts.limits.services import OverLimit
from accounts.wallets.selectors import balances_of
from ledger.formatting import AmountNotUnderstood, parse_amount
from ledger.money import Money
from payments.funding import policy, selectors, services
from payments.funding.forms import AddMoneyForm
from payments.funding.records import brought
from payments.funding.states import STOPPABLE, TERMINAL, TopUpStatus
from payments.funding.wording import at_the_amount, decimal_text, reason_of
from wallet_project.lib import clock, ids
from wallet_project.lib.api import IdempotencyKeyReused
from wallet_project.lib.describing import describe
from wallet_project.lib.errors import WalletError
from wallet_project.lib.ratelimit import limited

if TYPE_CHECKING:
    from django.http import HttpRequest

    from accounts.identity.requests import PersonRequest
    from payments.funding.models import TopUp

STOP_POLLING = 286
SUGGESTED_MINOR = (2_000, 5_000, 10_000)
AT_THE_AMOUNT = (AmountNotUnderstood, services.BelowMinimum, OverLimit)
"""Refusals that are said where the person typed."""


# Chromium applies form-action to the redirect that follows a POST, so the provider's page must be named here.
@csp_update({"form-action": settings.CHECKOUT_ORIGINS})  # type: ignore[arg-type]  # typed for plain requests only
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@limited("money")
def add_money(request: PersonRequest) -> HttpResponse:
    """Asks how much; a good answer leads straight to the provider's page."""
    if request.method != "POST":
        return _form_page(request, _empty_form(request))
    form = AddMoneyForm(request.POST)
    if not form.is_valid():
        if "idempotency_key" in form.errors:
            form = _with_new_key(request)
            form.add_error(None, _("Send the form once more."))
        return _form_page(request, form, status=422)
    try:
        top_up = _start(request, form.cleaned_data)
    except IdempotencyKeyReused as error:
        # Back in the browser and another amount: a new wish, with a new key, once the person says so again.
        return _form_page(request, _with_new_key(request), refusal=error, status=422)
    except WalletError as error:
        status = 422 if isinstance(error, AT_THE_AMOUNT) else describe(error).status  # as every form with a mistake
        return _form_page(request, form, refusal=error, status=status)
    if top_up.status == TopUpStatus.AWAITING_ACTION:
        return redirect(top_up.redirect_url)
    return redirect("top_up", ids.public("top", top_up.pk))


def _start(request: PersonRequest, data: dict[str, Any]) -> TopUp:
    at = clock.now()
    if data["currency"] not in policy.MIN_MINOR:
        raise services.WalletMissing
    started = services.start_top_up(
        user=request.user,
        amount=parse_amount(data["amount"], data["currency"], get_language() or "en"),
        method="card",
        idempotency_key=str(data["idempotency_key"]),
        origin=origin_of(request),
        at=at,
    )
    return services.open_page(top_up_id=started.top_up.pk, at=at)


@require_GET
@login_required
@limited("read")
def top_up(request: PersonRequest, top_up: str) -> HttpResponse:
    """How a top-up stands, and what the person can do."""
    found = selectors.top_up_of(user=request.user, top_up_id=ids.parse("top", top_up))
    return render(request, "payments/funding/top_up.html", _shown(request, found))


@require_GET
@login_required
@limited("read")
def top_up_state(request: PersonRequest, top_up: str) -> HttpResponse:
    """The part of the page that changes: 204 while nothing did, 286 when it is final."""
    found = selectors.top_up_of(user=request.user, top_up_id=ids.parse("top", top_up))
    if request.GET.get("seen") == found.status:
        return HttpResponse(status=204)
    status = STOP_POLLING if found.status in TERMINAL else 200
    return render(
        request, "payments/funding/_state.html", _shown(request, found) | {"is_fragment": True}, status=status
    )


@require_GET
@limited("public")
def top_up_return(request: HttpRequest, top_up: str) -> HttpResponse:
    """Where the provider sends the person back to: looks at once, whoever is asking, and tells only the owner.

    An app's person arrives here without being signed in on the web; the page then only says to go back to the app.
    """
    top_up_id = ids.parse("top", top_up)
    settled = services.settle_from_provider(top_up_id=top_up_id, at=clock.now(), cause="return")
    page = reverse("top_up", args=[top_up])
    if request.user.is_authenticated and request.user.pk == settled.top_up.user_id:
        return redirect(page if settled.is_known else f"{page}?asking=1")
    return render(request, "payments/funding/returned.html", {"page": page})


@require_POST
@login_required
@limited("money")
def top_up_cancel(request: PersonRequest, top_up: str) -> HttpResponse:
    """The person stops before paying. If it is too late for that, the page says how it stands."""
    with suppress(services.TopUpNotCancellable):
        services.cancel_top_up(top_up_id=ids.parse("top", top_up), user=request.user, at=clock.now())
    return redirect("top_up", top_up)


def _shown(request: PersonRequest, found: TopUp) -> dict[str, Any]:
    return {
        "top_up": found,
        "public_id": ids.public("top", found.pk),
        "amount": brought(found),
        "was_given_back": found.reason == policy.GIVEN_BACK,
        "amount_typed": decimal_text(found.amount_minor, found.currency),
        "at_once": brought(found) - Money(found.maturing_minor, found.currency),
        "maturing": Money(found.maturing_minor, found.currency),
        "is_final": found.status in TERMINAL,
        "is_stoppable": found.status in STOPPABLE,
        "is_asking": request.GET.get("asking") == "1" and found.status == TopUpStatus.AWAITING_ACTION,
        "reason": reason_of(found.reason) if found.status in TERMINAL and found.reason else None,
        "history": selectors.history(found),
    }


def _form_page(
    request: PersonRequest, form: AddMoneyForm, *, refusal: WalletError | None = None, status: int = 200
) -> HttpResponse:
    wallets = [wallet for wallet in balances_of(request.user) if wallet.currency in policy.MIN_MINOR]
    problem = describe(refusal) if refusal else None
    if isinstance(refusal, AT_THE_AMOUNT) and problem:
        left = refusal.params["remaining"] if isinstance(refusal, OverLimit) else None
        form.add_error("amount", at_the_amount(problem, left=left))
        problem = None
    context: dict[str, Any] = {"form": form, "problem": problem, "wallets": wallets}
    shown = {wallet.currency for wallet in wallets}
    currency = form["currency"].value() or ""
    if currency in shown:
        left = remaining(request.user, product="TOP_UP", at=clock.now(), currency=currency)
        context |= {
            "remaining": left,
            "at_once": selectors.matures_at_once(request.user, currency),
            "maturing_days": policy.maturing_days(request.user.tier),
            "suggested": [
                (Money(minor, currency), decimal_text(minor, currency))
                for minor in SUGGESTED_MINOR
                if minor <= left.amount_minor
            ],
        }
    return render(request, "payments/funding/add_money.html", context, status=status)


def _empty_form(request: PersonRequest) -> AddMoneyForm:
    currencies = [wallet.currency for wallet in balances_of(request.user) if wallet.currency in policy.MIN_MINOR]
    wanted = request.GET.get("currency", "")
    currency = wanted if wanted in currencies else next(iter(currencies), "")
    amount = request.GET.get("amount", "")[:40]
    return AddMoneyForm(initial={"currency": currency, "amount": amount, "idempotency_key": ids.uuid7()})


def _with_new_key(request: HttpRequest) -> AddMoneyForm:
    data = request.POST.copy()
    data["idempotency_key"] = str(ids.uuid7())
    return AddMoneyForm(data)
