"""Where providers' notices arrive."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from payments.inbox import services, tasks
from payments.inbox.policy import BODY_MAX_BYTES
from payments.providers.stripe.webhook import WebhookRefused, read_notice
from wallet_project.lib import clock
from wallet_project.lib.ratelimit import limited

if TYPE_CHECKING:
    from django.http import HttpRequest

log = logging.getLogger(__name__)


@csrf_exempt
@require_POST
@limited("webhook")
def stripe_webhook(request: HttpRequest) -> HttpResponse:
    """Size cap, signature on the raw bytes, store, 2xx. What it means is found out afterwards, by a worker."""
    length = request.headers.get("Content-Length", "")
    if not length.isdigit() or int(length) > BODY_MAX_BYTES:
        log.warning("webhook refused: size", extra={"provider": "stripe"})
        return HttpResponse(status=413)
    try:
        notice = read_notice(body=request.body, signature=request.headers.get("Stripe-Signature", ""))
    except WebhookRefused:
        log.warning("webhook refused: signature, shape or mode", extra={"provider": "stripe"})
        return HttpResponse(status=400)
    if services.receive(provider="stripe", notice=notice, at=clock.now()) is not None:
        tasks.nudge()
    return HttpResponse(status=200)
