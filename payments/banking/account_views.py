"""Bank accounts on pages: the list, adding one, one of them, removing it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.devices.origin import origin_of
from accounts.mfa.errors import PinRequired
from accounts.mfa.selectors import has_pin
from accounts.stepup.selectors import open_challenge_of
from payments.banking import selectors, services
from payments.banking.errors import BankAccountExists
from payments.banking.forms import BankAccountForm
from payments.banking.states import BankAccountStatus
from payments.banking.wording import in_one_piece, shown_iban
from wallet_project.lib import clock, ids
from wallet_project.lib.describing import catalogue, describe, together
from wallet_project.lib.errors import Invalid, WalletError
from wallet_project.lib.ratelimit import limited

if TYPE_CHECKING:
    from django.http import HttpResponse

    from accounts.identity.requests import PersonRequest
    from payments.banking.models import BankAccount

CURRENCY = "EUR"
TO_WITHDRAW = "withdraw"
"""What ``then`` says when the person came to add an account in the middle of withdrawing."""


@require_GET
@login_required
@limited("read")
def bank_accounts(request: PersonRequest) -> HttpResponse:
    """Every account the person can withdraw to, and those that wait for the PIN."""
    at = clock.now()
    rows = [_shown(account, at=at) for account in selectors.bank_accounts_of(request.user)]
    return render(
        request,
        "payments/banking/bank_accounts.html",
        {"accounts": rows, "can_withdraw": any(row["is_active"] for row in rows)},
    )


@require_GET
@login_required
@limited("read")
def bank_account(request: PersonRequest, account_id: str) -> HttpResponse:
    """One account, masked."""
    found = selectors.bank_account_of(user=request.user, account_id=ids.parse("ban", account_id))
    return render(request, "payments/banking/bank_account.html", _shown(found, at=clock.now()))


def _shown(account: BankAccount, *, at: Any) -> dict[str, Any]:
    active = account.status == BankAccountStatus.ACTIVE
    return {
        "account": account,
        "public_id": ids.public("ban", account.pk),
        "shown_iban": in_one_piece(shown_iban(account)),
        "is_active": active,
        "waits": account.status == BankAccountStatus.AWAITING_STEP_UP,
        "is_new": active and account.cool_off_until is not None and at < account.cool_off_until,
    }


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@limited("money")
def bank_account_add(request: PersonRequest) -> HttpResponse:
    """Takes IBAN and name; the PIN confirms them."""
    if request.method != "POST":
        form = BankAccountForm(initial={"holder_name": request.user.shown_name})
        return _form_page(request, form)
    form = BankAccountForm(request.POST)
    if not form.is_valid():
        return _form_page(request, form, status=422)
    try:
        added = services.add_bank_account(
            user=request.user,
            iban=form.cleaned_data["iban"],
            bic=form.cleaned_data["bic"],
            holder_name=form.cleaned_data["holder_name"],
            currency=CURRENCY,
            origin=origin_of(request),
            at=clock.now(),
        )
    except PinRequired:
        back = request.get_full_path()
        return redirect(f"{reverse('security_pin')}?{urlencode({'next': back})}")
    except WalletError as refusal:
        return _refused(request, form, refusal)
    return redirect(_confirm_url(added.challenge.public_id, added.account, then=_then(request)))


def _refused(request: PersonRequest, form: BankAccountForm, refusal: WalletError) -> HttpResponse:
    """What is wrong with a field is said there; the rest above the form."""
    status = 422 if isinstance(refusal, Invalid) else describe(refusal).status
    if isinstance(refusal, Invalid) and refusal.fields:
        for name, code in refusal.fields.items():
            entry = catalogue()[code]
            form.add_error(name if name in form.fields else None, together(entry.detail, entry.next_step))
        return _form_page(request, form, status=status)
    if isinstance(refusal, BankAccountExists):
        form.add_error("iban", describe(refusal).detail)
        return _form_page(request, form, status=status)
    return _form_page(request, form, status=status, problem=describe(refusal))


def _form_page(request: PersonRequest, form: BankAccountForm, *, status: int = 200, **more: Any) -> HttpResponse:
    then = _then(request)
    back = reverse("withdraw") if then == TO_WITHDRAW else reverse("bank_accounts")
    context = {"form": form, "back": back, "has_pin": has_pin(request.user), **more}
    return render(request, "payments/banking/add_account.html", context, status=status)


def _then(request: PersonRequest) -> str:
    return TO_WITHDRAW if request.GET.get("then") == TO_WITHDRAW else ""


def _confirm_url(challenge: str, account: BankAccount, *, then: str) -> str:
    """The page that asks for the PIN; from there back into the withdrawal, if that is where the person came from."""
    url = reverse("confirm", args=[challenge])
    if then != TO_WITHDRAW:
        return url
    onward = f"{reverse('withdraw')}?{urlencode({'account': ids.public('ban', account.pk)})}"
    return f"{url}?{urlencode({'next': onward})}"


@require_POST
@login_required
@limited("money")
def bank_account_confirm(request: PersonRequest, account_id: str) -> HttpResponse:
    """Leads to the page where the waiting account is confirmed."""
    found = selectors.bank_account_of(user=request.user, account_id=ids.parse("ban", account_id))
    challenge = open_challenge_of(found.pk) if found.status == BankAccountStatus.AWAITING_STEP_UP else None
    if challenge is None:
        return redirect("bank_account", account_id)
    return redirect("confirm", challenge.public_id)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@limited("money")
def bank_account_remove(request: PersonRequest, account_id: str) -> HttpResponse:
    """Asks once, then removes it. Withdrawals on their way keep it as their target."""
    found = selectors.bank_account_of(user=request.user, account_id=ids.parse("ban", account_id))
    if request.method != "POST":
        return render(request, "payments/banking/remove_account.html", _shown(found, at=clock.now()))
    services.remove_bank_account(user=request.user, account_id=found.pk, origin=origin_of(request), at=clock.now())
    messages.success(request, _("The bank account is removed."))
    return redirect("bank_accounts")
