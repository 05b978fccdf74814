"""Where providers' notices arrive."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from payments.inbox import services
from payments.inbox.nudge import nudge
from payments.inbox.policy import BODY_MAX_BYTES
from payments.providers.stripe.webhook import WebhookRefused, read_notice
from wallet_project.lib import clock, counters
from wallet_project.lib.ratelimit import limited

if TYPE_CHECKING:
    from django.http import HttpRequest

log = logging.getLogger(__name__)


@csrf_exempt
@require_POST
@limited("webhook")
def stripe_webhook(request: HttpRequest) -> HttpResponse:
    """Size cap, signature on the raw bytes, store, 2xx. What it means is found out afterwards, by a worker."""
    if not _is_small(request.headers.get("Content-Length", "")):
        return _refuse("size", status=413)
    try:
        notice = read_notice(body=request.body, signature=request.headers.get("Stripe-Signature", ""))
    except WebhookRefused:
        return _refuse("signature", status=400)
    if services.receive(provider="stripe", notice=notice, at=clock.now()) is not None:
        nudge()
    return HttpResponse(status=200)


def _is_small(length: str) -> bool:
    """A body without a stated length is not read at all."""
    return length.isascii() and length.isdigit() and len(length) <= 9 and int(length) <= BODY_MAX_BYTES


def _refuse(why: str, *, status: int) -> HttpResponse:
    """A line in the log and a number for the desk, never a row: strangers cannot fill the database."""
    log.warning("webhook refused", extra={"provider": "stripe", "why": why})
    counters.add("webhook_refused", at=clock.now())
    return HttpResponse(status=status)
