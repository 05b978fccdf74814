"""The person's balances, one card each, and adding a currency."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.devices.origin import origin_of
from accounts.jurisdictions.policy import CURRENCY_NAMES, currency_of
from accounts.wallets import services
from accounts.wallets.forms import AddCurrencyForm
from accounts.wallets.selectors import balances_of, main_first
from wallet_project.lib import clock
from wallet_project.lib.ratelimit import limited

if TYPE_CHECKING:
    from django.http import HttpResponse

    from accounts.identity.requests import PersonRequest


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@limited("read")
def wallets(request: PersonRequest) -> HttpResponse:
    """Every balance with what is not available and why; POST adds a currency."""
    user = request.user
    balances = main_first(balances_of(user, at=clock.now()), currency_of(user.country))
    form = AddCurrencyForm(request.POST or None, has={balance.currency for balance in balances})
    if request.method == "POST" and form.is_valid():
        currency = form.cleaned_data["currency"]
        services.add_wallet(user=user, currency=currency, at=clock.now(), origin=origin_of(request))
        name = CURRENCY_NAMES[currency]
        messages.success(request, _("You can now hold and receive %(currency)s.") % {"currency": name})
        return redirect("wallets")
    context = {"balances": balances, "form": form}
    return render(request, "accounts/wallets/wallets.html", context, status=422 if form.errors else 200)
