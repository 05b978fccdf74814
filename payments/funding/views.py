"""Adding money by card, as pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from accounts.wallets.selectors import balances_of
from csp.decorators import csp_update
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.devices.origin import origin_of
from accounts.limits.selectors import remaining
from ledger.formatting import AmountNotUnderstood, parse_amount
from ledger.money import Money
from payments.funding import policy, selectors, services
from payments.funding.forms import AddMoneyForm
from payments.funding.policy import TERMINAL, TopUpStatus
from payments.funding.wording import reason_of
from wallet_project.lib import clock, ids
from wallet_project.lib.api import IdempotencyKeyReused
from wallet_project.lib.describing import describe
from wallet_project.lib.errors import WalletError
from wallet_project.lib.ratelimit import limited

if TYPE_CHECKING:
    from django.http import HttpRequest

    from payments.funding.models import TopUp

STOP_POLLING = 286
SUGGESTED_MINOR = (2_000, 5_000, 10_000)


# Chromium applies form-action to the redirect that follows a POST, so the provider's page must be named here.
@csp_update({"form-action": settings.CHECKOUT_ORIGINS})
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@limited("money")
def add_money(request: HttpRequest) -> HttpResponse:
    """Asks how much; a good answer leads straight to the provider's page."""
    if request.method != "POST":
        return _form_page(request, _empty_form(request))
    form = AddMoneyForm(request.POST)
    if not form.is_valid():
        return _form_page(request, form, status=422)
    try:
        top_up = _start(request, form.cleaned_data)
    except IdempotencyKeyReused as error:
        # Back in the browser and another amount: a new wish, with a new key, once the person says so again.
        return _form_page(request, _with_new_key(request), refusal=error, status=422)
    except WalletError as error:
        return _form_page(request, form, refusal=error, status=describe(error).status)
    if top_up.status == TopUpStatus.AWAITING_ACTION:
        return redirect(top_up.redirect_url)
    return redirect("top_up", ids.public("top", top_up.pk))


def _start(request: HttpRequest, data: dict[str, Any]) -> TopUp:
    at = clock.now()
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
def top_up(request: HttpRequest, top_up: str) -> HttpResponse:
    """How a top-up stands, and what the person can do."""
    found = selectors.top_up_of(user=request.user, top_up_id=ids.parse("top", top_up))
    return render(request, "payments/funding/top_up.html", _shown(found) | {"history": selectors.history(found)})


@require_GET
@login_required
@limited("read")
def top_up_state(request: HttpRequest, top_up: str) -> HttpResponse:
    """The part of the page that changes: 204 while nothing did, 286 when it is final."""
    found = selectors.top_up_of(user=request.user, top_up_id=ids.parse("top", top_up))
    if request.GET.get("seen") == found.status:
        return HttpResponse(status=204)
    status = STOP_POLLING if found.status in TERMINAL else 200
    return render(request, "payments/funding/_state.html", _shown(found), status=status)


@require_GET
@limited("public")
def top_up_return(request: HttpRequest, top_up: str) -> HttpResponse:
    """Where the provider sends the person back to: looks at once, whoever is asking, and tells only the owner.

    An app's person arrives here without being signed in on the web; the page then only says to go back to the app.
    """
    top_up_id = ids.parse("top", top_up)
    settled = services.settle_from_provider(top_up_id=top_up_id, at=clock.now(), cause="return").top_up
    if request.user.is_authenticated and request.user.pk == settled.user_id:
        return redirect("top_up", top_up)
    return render(request, "payments/funding/returned.html")


@require_POST
@login_required
@limited("money")
def top_up_cancel(request: HttpRequest, top_up: str) -> HttpResponse:
    """The person stops before paying."""
    services.cancel_top_up(top_up_id=ids.parse("top", top_up), user=request.user, at=clock.now())
    return redirect("top_up", top_up)


def _shown(found: TopUp) -> dict[str, Any]:
    public_id = ids.public("top", found.pk)
    return {
        "top_up": found,
        "public_id": public_id,
        "amount": Money(found.amount_minor, found.currency),
        "maturing": Money(found.maturing_minor, found.currency),
        "is_final": found.status in TERMINAL,
        "reason": reason_of(found.reason) if found.status in TERMINAL and found.reason else None,
    }


def _form_page(
    request: HttpRequest, form: AddMoneyForm, *, refusal: WalletError | None = None, status: int = 200
) -> HttpResponse:
    wallets = [wallet for wallet in balances_of(request.user) if wallet.currency in policy.MIN_MINOR]
    problem = describe(refusal) if refusal else None
    if isinstance(refusal, AmountNotUnderstood) and problem:
        form.add_error("amount", problem.detail)
        problem = None
    context = {
        "form": form,
        "problem": problem,
        "wallets": wallets,
        "remaining": remaining(request.user, product="TOP_UP", at=clock.now()),
        "suggested": [Money(minor, form["currency"].value() or "EUR") for minor in SUGGESTED_MINOR],
    }
    return render(request, "payments/funding/add_money.html", context, status=status)


def _empty_form(request: HttpRequest) -> AddMoneyForm:
    currencies = [wallet.currency for wallet in balances_of(request.user) if wallet.currency in policy.MIN_MINOR]
    wanted = request.GET.get("currency", "")
    currency = wanted if wanted in currencies else next(iter(currencies), "")
    amount = request.GET.get("amount", "")[:40]
    return AddMoneyForm(initial={"currency": currency, "amount": amount, "idempotency_key": ids.uuid7()})


def _with_new_key(request: HttpRequest) -> AddMoneyForm:
    data = request.POST.copy()
    data["idempotency_key"] = str(ids.uuid7())
    return AddMoneyForm(data)
