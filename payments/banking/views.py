"""Withdrawing on pages: how much and where to, check, confirm; then the page that follows it to the bank."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.devices.origin import origin_of
from accounts.limits.selectors import remaining
from accounts.limits.services import OverLimit
from accounts.mfa.errors import PinRequired
from accounts.mfa.selectors import has_pin, has_reduced_limits
from accounts.stepup.selectors import open_challenge_of
from accounts.wallets.selectors import balances_of
from ledger.errors import InsufficientFunds
from ledger.formatting import AmountNotUnderstood, format_money, parse_amount
from ledger.money import Money
from payments.banking import drafts, policy, selectors, services
from payments.banking.errors import AmountTooSmall, QuestionEmpty, StateConflict
from payments.banking.forms import AnswerForm, ReviewForm, WithdrawForm
from payments.banking.receipt import receipt_of
from payments.banking.states import WithdrawalStatus
from payments.banking.wording import at_the_amount, in_one_piece, most_withdrawable, shown_iban
from wallet_project.lib import clock, ids
from wallet_project.lib.describing import describe
from wallet_project.lib.errors import WalletError
from wallet_project.lib.ratelimit import limited

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.identity.requests import PersonRequest
    from accounts.wallets.selectors import WalletBalance
    from payments.banking.drafts import Draft
    from payments.banking.models import BankAccount

STOP_POLLING = 286
CURRENCY = "EUR"
AT_THE_AMOUNT = (AmountNotUnderstood, AmountTooSmall, OverLimit, InsufficientFunds)
"""Refusals that are said where the person typed."""


# --- how much, and where to


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@limited("money")
def withdraw(request: PersonRequest, withdrawal_draft: str = "") -> HttpResponse:
    """Takes amount and bank account, and keeps the amount as it was typed."""
    draft = drafts.find(request.session, withdrawal_draft) if withdrawal_draft else None
    if withdrawal_draft and (draft is None or _made(request, withdrawal_draft)):
        return _no_longer_a_draft(request, withdrawal_draft)
    accounts = selectors.usable_accounts_of(request.user)
    choices = [(ids.public("ban", account.pk), _account_label(account)) for account in accounts]
    if request.method != "POST":
        return _amount_page(request, _empty_form(request, draft, choices), accounts)
    form = WithdrawForm(request.POST, accounts=choices)
    if not form.is_valid() or not _acceptable(request, form):
        return _amount_page(request, form, accounts, status=422)
    amount, account = form.cleaned_data["amount"], form.cleaned_data["account"]
    if draft is None:
        draft = drafts.start(request.session, amount=amount, account=account)
    else:
        draft = drafts.change(request.session, draft, amount=amount, account=account)
    return redirect("withdraw_review", draft.id)


def _empty_form(request: PersonRequest, draft: Draft | None, choices: list[tuple[str, str]]) -> WithdrawForm:
    wanted = draft.account if draft else request.GET.get("account", "")
    known = [value for value, _label in choices]
    account = wanted if wanted in known else next(iter(known), "")
    amount = draft.amount if draft else request.GET.get("amount", "")[:32]
    return WithdrawForm(accounts=choices, initial={"amount": amount, "account": account})


def _account_label(account: BankAccount) -> str:
    shown = in_one_piece(shown_iban(account))
    return f"{account.bank_name} · {shown}" if account.bank_name else shown


def _acceptable(request: PersonRequest, form: WithdrawForm) -> bool:
    """Says early what requesting would refuse anyway; requesting asks again, under locks."""
    try:
        amount = _money(form.cleaned_data["amount"])
        policy.require_amount(amount)
    except (AmountNotUnderstood, AmountTooSmall) as refusal:
        form.add_error("amount", at_the_amount(describe(refusal), left=None))
        return False
    left = _left_today(request, at=clock.now())
    if amount > left:
        form.add_error("amount", at_the_amount(describe(InsufficientFunds()), left=left))
        return False
    wallet = _wallet(request)
    total = amount + policy.fee(amount)
    if wallet is None or total > wallet.available:
        form.add_error("amount", _too_much(wallet))
        return False
    return True


def _too_much(wallet: WalletBalance | None) -> str:
    most = most_withdrawable(wallet.available) if wallet else Money(0, CURRENCY)
    if most.amount_minor <= 0:
        return _("There is not enough money in your wallet to withdraw any of it.")
    return _("With the fee, you can withdraw at most %(most)s.") % {"most": _text(most)}


def _amount_page(
    request: PersonRequest, form: WithdrawForm, accounts: list[BankAccount], *, status: int = 200
) -> HttpResponse:
    at = clock.now()
    wallet = _wallet(request)
    context = {
        "form": form,
        "accounts": accounts,
        "wallet": wallet,
        "currency": CURRENCY,
        "fee": policy.fee(Money(0, CURRENCY)),
        "most": most_withdrawable(wallet.available) if wallet else None,
        "left_today": _left_today(request, at=at),
    }
    return render(request, "payments/banking/amount.html", context, status=status)


def _wallet(request: PersonRequest) -> WalletBalance | None:
    wallets = balances_of(request.user, at=clock.now())
    return next((wallet for wallet in wallets if wallet.currency == CURRENCY), None)


def _left_today(request: PersonRequest, *, at: datetime) -> Money:
    return remaining(
        request.user,
        product="WITHDRAW",
        at=at,
        currency=CURRENCY,
        reduced=has_reduced_limits(request.user, at=at),
    )


# --- check and confirm


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@limited("money")
def withdraw_review(request: PersonRequest, withdrawal_draft: str) -> HttpResponse:
    """Shows everything once more; the button asks for it. Asking twice shows what the first time made."""
    draft = drafts.find(request.session, withdrawal_draft)
    if draft is None or _made(request, withdrawal_draft):
        return _no_longer_a_draft(request, withdrawal_draft)
    try:
        amount = _money(draft.amount)
        account = selectors.bank_account_of(user=request.user, account_id=ids.parse("ban", draft.account))
    except WalletError:
        return redirect("withdraw_amount", draft.id)
    if request.method != "POST":
        return _review_page(request, draft, account, amount)
    form = ReviewForm(request.POST)
    if not form.is_valid() or form.cleaned_data["seen"] != _seen(account, amount):
        return _review_page(request, draft, account, amount, changed=True, status=409)
    return _request(request, draft, account, amount)


def _request(request: PersonRequest, draft: Draft, account: BankAccount, amount: Money) -> HttpResponse:
    try:
        requested = services.request_withdrawal(
            user=request.user,
            bank_account_id=account.pk,
            amount=amount,
            idempotency_key=draft.idempotency_key,
            origin=origin_of(request),
            at=clock.now(),
        )
    except PinRequired:
        back = reverse("withdraw_review", args=[draft.id])
        return redirect(f"{reverse('security_pin')}?{urlencode({'next': back})}")
    except WalletError as refusal:
        told = describe(refusal)
        return _review_page(request, draft, account, amount, problem=told, status=told.status)
    if requested.challenge is not None:
        return redirect("confirm", requested.challenge.public_id)
    return redirect("withdrawal", ids.public("wdr", requested.withdrawal.pk))


def _review_page(
    request: PersonRequest, draft: Draft, account: BankAccount, amount: Money, *, status: int = 200, **more: Any
) -> HttpResponse:
    at = clock.now()
    terms = selectors.terms(user=request.user, amount=amount, at=at, account=account)
    is_new = account.cool_off_until is not None and at < account.cool_off_until
    context = {
        "draft": draft,
        "account": account,
        "shown_iban": in_one_piece(shown_iban(account)),
        "amount": amount,
        "terms": terms,
        "is_new": is_new,
        "likely_review": terms.likely_review,
        "has_pin": has_pin(request.user),
        "seen": _seen(account, amount),
        **more,
    }
    return render(request, "payments/banking/review.html", context, status=status)


def _seen(account: BankAccount, amount: Money) -> str:
    """What the page showed: another tab may have changed the draft since, or an officer the account."""
    return f"{account.revision}-{policy.fingerprint(bank_account_id=account.pk, amount=amount)}"


# --- afterwards


@require_GET
@login_required
@limited("read")
def withdrawal(request: PersonRequest, withdrawal_id: str) -> HttpResponse:
    """Where a withdrawal stands, why, and what the person can do."""
    return _page(request, withdrawal_id, AnswerForm())


@require_GET
@login_required
@limited("read")
def withdrawal_state(request: PersonRequest, withdrawal_id: str) -> HttpResponse:
    """The part of the page that changes: 204 while nothing did, 286 when nothing more will happen by itself."""
    found = selectors.withdrawal_of(user=request.user, withdrawal_id=ids.parse("wdr", withdrawal_id))
    receipt = receipt_of(found)
    if request.GET.get("seen") == str(found.revision):
        return HttpResponse(status=204)
    context = {"receipt": receipt, "form": AnswerForm(), "is_fragment": True}
    return render(request, "payments/banking/_state.html", context, status=STOP_POLLING if receipt.is_final else 200)


def _page(request: PersonRequest, withdrawal_id: str, form: AnswerForm, *, status: int = 200) -> HttpResponse:
    found = selectors.withdrawal_of(user=request.user, withdrawal_id=ids.parse("wdr", withdrawal_id))
    context = {"receipt": receipt_of(found), "form": form}
    return render(request, "payments/banking/withdrawal.html", context, status=status)


@require_POST
@login_required
@limited("money")
def withdrawal_confirm(request: PersonRequest, withdrawal_id: str) -> HttpResponse:
    """Leads to the page where the waiting withdrawal is confirmed."""
    found = selectors.withdrawal_of(user=request.user, withdrawal_id=ids.parse("wdr", withdrawal_id))
    waits = found.status == WithdrawalStatus.AWAITING_STEP_UP
    challenge = open_challenge_of(found.pk) if waits else None
    if challenge is None:
        return redirect("withdrawal", withdrawal_id)
    return redirect("confirm", challenge.public_id)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@limited("money")
def withdrawal_cancel(request: PersonRequest, withdrawal_id: str) -> HttpResponse:
    """Asks once, then takes it back. If the bank has it by now, its page says so."""
    found = selectors.withdrawal_of(user=request.user, withdrawal_id=ids.parse("wdr", withdrawal_id))
    receipt = receipt_of(found)
    if request.method == "POST":
        with suppress(StateConflict):  # the bank has it by now: its page says so
            services.cancel_withdrawal(
                user=request.user, withdrawal_id=found.pk, origin=origin_of(request), at=clock.now()
            )
        return redirect("withdrawal", withdrawal_id)
    if not receipt.can_cancel:
        return redirect("withdrawal", withdrawal_id)
    return render(request, "payments/banking/cancel.html", {"receipt": receipt})


@require_POST
@login_required
@limited("money")
def withdrawal_answer(request: PersonRequest, withdrawal_id: str) -> HttpResponse:
    """The answer to our question; afterwards it is checked on."""
    found = selectors.withdrawal_of(user=request.user, withdrawal_id=ids.parse("wdr", withdrawal_id))
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return _page(request, withdrawal_id, form, status=422)
    try:
        services.answer_question(
            user=request.user,
            withdrawal_id=found.pk,
            text=form.cleaned_data["answer"],
            origin=origin_of(request),
            at=clock.now(),
        )
    except QuestionEmpty as refusal:
        form.add_error("answer", describe(refusal).detail)
        return _page(request, withdrawal_id, form, status=422)
    except StateConflict:  # answered in another tab, or decided meanwhile: the page shows which
        return redirect("withdrawal", withdrawal_id)
    return redirect("withdrawal", withdrawal_id)


# --- helpers


def _made(request: PersonRequest, draft_id: str) -> str:
    """The public id of the withdrawal this draft became, or ""."""
    made = selectors.by_key(user_id=request.user.pk, idempotency_key=drafts.key_of(draft_id))
    return ids.public("wdr", made.pk) if made is not None else ""


def _no_longer_a_draft(request: PersonRequest, draft_id: str) -> HttpResponse:
    """Asked for already: its page. Else a page that says that nothing was asked for."""
    made = _made(request, draft_id)
    if made:
        return redirect("withdrawal", made)
    return render(request, "payments/banking/gone.html", status=404)


def _money(text: str) -> Money:
    """What was typed, in the reader's own way of writing numbers. Raises AmountNotUnderstood."""
    return parse_amount(text, CURRENCY, get_language() or "en")


def _text(money: Money) -> str:
    return format_money(money, get_language() or "en")
