"""Sending money on pages: whom, how much, check, send; and the receipt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.devices.origin import origin_of
from accounts.limits.selectors import remaining
from accounts.mfa.errors import PinRequired
from accounts.mfa.selectors import has_pin, has_reduced_limits
from accounts.stepup.selectors import open_challenge_of
from accounts.wallets.selectors import balances_of
from ledger.formatting import AmountNotUnderstood, format_money, parse_amount
from ledger.money import Money
from transfers.p2p import drafts, selectors, services
from transfers.p2p.errors import NoteTooLong
from transfers.p2p.forms import AmountForm, ReviewForm
from transfers.p2p.models import Status
from transfers.p2p.policy import FEE_MINOR, TRANSFERS_PREFIX, clean_note, fingerprint, public_id
from transfers.p2p.receipt import receipt_of
from transfers.payees import selectors as payees
from transfers.payees import services as payee_services
from transfers.payees.forms import RecipientForm
from transfers.payees.policy import PAYEES_PREFIX
from transfers.payees.policy import public_id as payee_public_id
from wallet_project.lib import clock, ids
from wallet_project.lib.describing import catalogue, describe
from wallet_project.lib.errors import NotFound, WalletError
from wallet_project.lib.ratelimit import limited

if TYPE_CHECKING:
    from django.http import HttpResponse

    from accounts.identity.requests import PersonRequest
    from transfers.p2p.drafts import Draft
    from transfers.p2p.models import Transfer
    from transfers.payees.models import Payee


# --- whom


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@limited("lookup")
def send(request: PersonRequest) -> HttpResponse:
    """Finds somebody by what was typed, or takes one of the people paid before."""
    if request.method != "POST":
        typed = request.GET.get("to", "")[:254]
        return _recipient_page(request, RecipientForm(initial={"identifier": typed}))
    if "payee" in request.POST:
        chosen = payees.payee_of(request.user, ids.parse(PAYEES_PREFIX, request.POST["payee"]))
        return _start_draft(request, chosen)
    form = RecipientForm(request.POST)
    if not form.is_valid():
        return _recipient_page(request, form, status=422)
    try:
        found = payee_services.resolve(payer=request.user, identifier=form.cleaned_data["identifier"], at=clock.now())
    except WalletError as refusal:
        form.add_error("identifier", describe(refusal).detail)
        return _recipient_page(request, form, status=422)
    return _start_draft(request, found.payee)


def _start_draft(request: PersonRequest, payee: Payee) -> HttpResponse:
    draft = drafts.start(request.session, payee=payee_public_id(payee))
    return redirect("send_amount", draft.id)


def _recipient_page(request: PersonRequest, form: RecipientForm, *, status: int = 200) -> HttpResponse:
    context = {"form": form, "recent": [(payee_public_id(row), row) for row in payees.recent_payees(request.user)]}
    return render(request, "transfers/p2p/recipient.html", context, status=status)


# --- how much


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@limited("money")
def send_amount(request: PersonRequest, draft_id: str) -> HttpResponse:
    """Takes the amount and the note, and keeps them as they were typed."""
    draft = drafts.find(request.session, draft_id)
    if draft is None or _sent(request, draft):
        return _no_longer_a_draft(request, draft_id)
    payee = _payee_of(request, draft)
    wallets = balances_of(request.user)
    currencies = [wallet.currency for wallet in wallets]
    if request.method != "POST":
        initial = {"amount": draft.amount, "currency": draft.currency, "note": draft.note}
        form = AmountForm(initial=initial, currencies=currencies)
        return _amount_page(request, form, payee, wallets)
    form = AmountForm(request.POST, currencies=currencies)
    if form.is_valid() and _acceptable(form, wallets):
        kept = {name: form.cleaned_data[name] for name in ("amount", "currency", "note")}
        drafts.change(request.session, draft, **kept)
        return redirect("send_review", draft.id)
    return _amount_page(request, form, payee, wallets, status=422)


def _acceptable(form: AmountForm, wallets: list[Any]) -> bool:
    """Says early what sending would refuse anyway; sending asks again, under locks."""
    try:
        amount = _money(form.cleaned_data["amount"], form.cleaned_data["currency"])
        form.cleaned_data["note"] = clean_note(form.cleaned_data["note"])
    except AmountNotUnderstood as refusal:
        form.add_error("amount", describe(refusal).detail)
        return False
    except NoteTooLong:
        form.add_error("note", str(catalogue()["note_too_long"].detail))
        return False
    available = {wallet.currency: wallet.available for wallet in wallets}
    if amount > available[amount.currency]:
        have = format_money(available[amount.currency], get_language() or "en")
        form.add_error("amount", _("You have %(have)s to send. Enter that or less.") % {"have": have})
        return False
    return True


def _amount_page(
    request: PersonRequest, form: AmountForm, payee: Payee, wallets: list[Any], *, status: int = 200
) -> HttpResponse:
    at = clock.now()
    currency = form["currency"].value() or (wallets[0].currency if wallets else "EUR")
    context = {
        "form": form,
        "payee": payee,
        "first_time": payees.is_first_time(payee),
        "wallets": wallets,
        "currency": currency,
        "left_today": remaining(
            request.user,
            product="SEND",
            at=at,
            currency=currency,
            reduced=has_reduced_limits(request.user, at=at),
        ),
    }
    return render(request, "transfers/p2p/amount.html", context, status=status)


# --- check and send


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@limited("money")
def send_review(request: PersonRequest, draft_id: str) -> HttpResponse:
    """Shows everything once more; the button sends it. Sending twice shows what the first time made."""
    draft = drafts.find(request.session, draft_id)
    if draft is None or _sent(request, draft):
        return _no_longer_a_draft(request, draft_id)
    payee = _payee_of(request, draft)
    try:
        amount = _money(draft.amount, draft.currency)
    except WalletError:
        return redirect("send_amount", draft.id)
    if request.method != "POST":
        return _review_page(request, draft, payee, amount)
    form = ReviewForm(request.POST)
    if not form.is_valid() or form.cleaned_data["seen"] != _seen(draft, payee, amount):
        return _review_page(request, draft, payee, amount, changed=True, status=409)
    return _send(request, draft, payee, amount)


def _send(request: PersonRequest, draft: Draft, payee: Payee, amount: Money) -> HttpResponse:
    try:
        sent = services.send_money(
            sender=request.user,
            payee_id=payee.pk,
            amount=amount,
            note=draft.note,
            idempotency_key=draft.idempotency_key,
            origin=origin_of(request),
            at=clock.now(),
        )
    except PinRequired:
        back = reverse("send_review", args=[draft.id])
        return redirect(f"{reverse('security_pin')}?{urlencode({'next': back})}")
    except WalletError as refusal:
        told = describe(refusal)
        return _review_page(request, draft, payee, amount, problem=told, status=told.status)
    if sent.challenge is not None:
        return redirect("confirm", sent.challenge.public_id)
    return redirect("transfer", public_id(sent.transfer))


def _review_page(
    request: PersonRequest, draft: Draft, payee: Payee, amount: Money, *, status: int = 200, **more: Any
) -> HttpResponse:
    context = {
        "draft": draft,
        "payee": payee,
        "first_time": payees.is_first_time(payee),
        "amount": amount,
        "fee": Money(FEE_MINOR, amount.currency),
        "total": amount + Money(FEE_MINOR, amount.currency),
        "has_pin": has_pin(request.user),
        "seen": _seen(draft, payee, amount),
        **more,
    }
    return render(request, "transfers/p2p/review.html", context, status=status)


def _seen(draft: Draft, payee: Payee, amount: Money) -> str:
    """What the page showed: another tab may have changed the draft since."""
    return fingerprint(payee_id=payee.pk, amount=amount, note=draft.note, category="")


# --- afterwards


@require_GET
@login_required
@limited("read")
def transfer(request: PersonRequest, transfer_id: str) -> HttpResponse:
    """The receipt, for either side: what happened, when, the reference, the next step."""
    found = selectors.transfer_seen_by(request.user, ids.parse(TRANSFERS_PREFIX, transfer_id))
    return render(request, "transfers/p2p/transfer.html", {"receipt": receipt_of(found, viewer=request.user)})


@require_POST
@login_required
@limited("money")
def transfer_confirm(request: PersonRequest, transfer_id: str) -> HttpResponse:
    """Leads to the page where the waiting transfer is confirmed."""
    found = _own_transfer(request, transfer_id)
    challenge = open_challenge_of(found.pk) if found.status == Status.AWAITING_STEP_UP else None
    if challenge is None:
        return redirect("transfer", transfer_id)
    return redirect("confirm", challenge.public_id)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@limited("money")
def transfer_cancel(request: PersonRequest, transfer_id: str) -> HttpResponse:
    """Asks once, then takes the waiting transfer back."""
    found = _own_transfer(request, transfer_id)
    if request.method == "POST":
        services.cancel_transfer(sender=request.user, transfer_id=found.pk, origin=origin_of(request), at=clock.now())
        return redirect("transfer", transfer_id)
    if found.status != Status.AWAITING_STEP_UP:
        return redirect("transfer", transfer_id)
    return render(request, "transfers/p2p/cancel.html", {"receipt": receipt_of(found, viewer=request.user)})


# --- helpers


def _own_transfer(request: PersonRequest, transfer_id: str) -> Transfer:
    found = selectors.transfer_seen_by(request.user, ids.parse(TRANSFERS_PREFIX, transfer_id))
    if found.sender_id != request.user.pk:
        raise NotFound
    return found


def _sent(request: PersonRequest, draft: Draft) -> Transfer | None:
    return selectors.by_key(sender_id=request.user.pk, idempotency_key=draft.idempotency_key)


def _no_longer_a_draft(request: PersonRequest, draft_id: str) -> HttpResponse:
    """Sent already: its receipt. Else a page that says that nothing was sent."""
    key = drafts.key_of(draft_id)
    made = selectors.by_key(sender_id=request.user.pk, idempotency_key=key)
    if made is not None:
        return redirect("transfer", public_id(made))
    return render(request, "transfers/p2p/gone.html", status=404)


def _payee_of(request: PersonRequest, draft: Draft) -> Payee:
    return payees.payee_of(request.user, ids.parse(PAYEES_PREFIX, draft.payee))


def _money(text: str, currency: str) -> Money:
    """What was typed, in the reader's own way of writing numbers. Raises AmountNotUnderstood, CurrencyUnknown."""
    return parse_amount(text, currency, get_language() or "en")
