"""What would have left by e-mail or text message, to be read in development. Never mounted in production.

``outbox.json?to=`` is what tests and scripts read: a JSON array, newest first. Demo staff also find the current code
of their authenticator here, because nobody has their phone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.mfa import app_settings as mfa_settings
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from allauth.mfa.utils import decrypt
from django import forms
from django.http import JsonResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from wallet_project.lib import clock, messaging
from wallet_project.lib.ratelimit import limited

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse

DEMO_DOMAIN = "@example.com"


class RecipientForm(forms.Form):
    """Whose messages to show."""

    to = forms.CharField(
        label=_("Recipient"),
        required=False,
        help_text=_("The exact e-mail address, or the number with its country code."),
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"}),
    )


def _authenticator_codes(to: str, at: datetime) -> list[dict[str, str]]:
    """One item per demo member of staff with an authenticator: the six digits it shows at this moment."""
    found = Authenticator.objects.filter(type=Authenticator.Type.TOTP, user__is_staff=True).select_related("user")
    counter = int(at.timestamp()) // mfa_settings.TOTP_PERIOD
    stamp = at.isoformat(timespec="microseconds").replace("+00:00", "Z")
    return [
        {
            "channel": "totp",
            "to": authenticator.user.email,
            "subject": "Authenticator",
            "text": format_hotp_value(hotp_value(decrypt(authenticator.data["secret"]), counter)),
            "created_at": stamp,
        }
        for authenticator in found
        if authenticator.user.email.endswith(DEMO_DOMAIN) and to in ("", authenticator.user.email)
    ]


def _items(request: HttpRequest) -> list[dict[str, str]]:
    to = request.GET.get("to", "").strip()
    return _authenticator_codes(to, clock.now()) + messaging.outbox(to)


@require_safe
@never_cache
@limited("public")
def outbox_page(request: HttpRequest) -> HttpResponse:
    """The outbox for people."""
    return render(
        request, "wallet_project/dev_outbox.html", {"items": _items(request), "recipient": RecipientForm(request.GET)}
    )


@require_safe
@never_cache
@limited("public")
def outbox_json(request: HttpRequest) -> HttpResponse:
    """The outbox for programs; ``to`` is the exact e-mail address or E.164 number."""
    return JsonResponse(_items(request), safe=False)


urlpatterns = [
    path("outbox/", outbox_page, name="dev_outbox"),
    path("outbox.json", outbox_json, name="dev_outbox_json"),
]
