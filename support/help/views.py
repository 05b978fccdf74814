"""The public pages and the help form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from accounts.devices.origin import origin_of
from accounts.limits.policy import LIMIT_CURRENCY, PRODUCTS, cap
from ledger.money import Money
from support.help import services
from support.help.forms import HelpForm
from wallet_project.lib import clock, ids
from wallet_project.lib.ratelimit import limited

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@require_safe
@limited("public")
def landing(request: HttpRequest) -> HttpResponse:
    """What the wallet is. People who are signed in go to their wallet."""
    if request.user.is_authenticated and not request.user.is_staff:
        return redirect("home")
    day = {product: Money(cap(0, product).per_day_minor, LIMIT_CURRENCY) for product in PRODUCTS}
    return render(request, "support/help/landing.html", {"top_up_limit": day["TOP_UP"], "send_limit": day["SEND"]})


@require_http_methods(["GET", "HEAD", "POST"])
@limited("help")
def help_page(request: HttpRequest) -> HttpResponse:
    """Answers to common questions and a form that reaches staff."""
    if request.method != "POST":
        return _page(request, "support/help/help.html", {"form": _empty_form(request)})
    form = HelpForm(request.POST)
    if not form.is_valid():
        return _page(request, "support/help/help.html", {"form": form}, status=422)
    user = request.user if request.user.is_authenticated else None
    asked = services.ask_for_help(user=user, at=clock.now(), origin=origin_of(request), **form.cleaned_data)
    return redirect(f"{reverse('help_sent')}?reference={ids.public('hlp', asked.pk)}")


@require_safe
@limited("help")
def help_sent(request: HttpRequest) -> HttpResponse:
    """Says that the request arrived, under which reference, and when to expect an answer."""
    reference = request.GET.get("reference", "")
    ids.parse("hlp", reference)
    return _page(request, "support/help/sent.html", {"reference": reference})


def _page(request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """Signed in, help is a place in the wallet; for a stranger it is a public page."""
    is_person = request.user.is_authenticated and not request.user.is_staff
    base = "base_wallet.html" if is_person else "base_public.html"
    return render(request, template, context | {"help_base": base}, status=status)


def _empty_form(request: HttpRequest) -> HelpForm:
    contact = (request.user.email or request.user.phone or "") if request.user.is_authenticated else ""
    return HelpForm(initial={"submission": ids.uuid7(), "contact": contact, "topic": request.GET.get("topic", "")})
