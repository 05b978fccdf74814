"""Step-up and the payment PIN for apps: the same services as the pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from accounts.devices.origin import origin_of, session_row_of
from accounts.stepup import selectors, services
from accounts.stepup.api import serializers as shapes
from wallet_project.lib import clock, ids
from wallet_project.lib.api import WalletView

if TYPE_CHECKING:
    from accounts.identity.requests import PersonApiRequest
    from accounts.stepup.models import Challenge


def _read(shape: type[Any], request: PersonApiRequest) -> dict[str, Any]:
    body = shape(data=request.data)
    body.is_valid(raise_exception=True)
    return dict(body.validated_data)


def _awaited(challenge: Challenge, resource: dict[str, Any]) -> Response:
    return Response({**resource, "next_action": selectors.next_action(challenge)}, status=202)


class Pin(WalletView):
    """The person's payment PIN."""

    limits = ("security",)

    @extend_schema(responses=shapes.PinState)
    def get(self, request: PersonApiRequest) -> Response:
        """Whether a PIN is set, and where its tries stand."""
        return Response(selectors.pin_state(request.user, at=clock.now()))

    @extend_schema(request=shapes.PinBody, responses={200: shapes.PinSet, 202: shapes.PinAwaited})
    def put(self, request: PersonApiRequest) -> Response:
        """Sets the first PIN, or changes it: 202 with the step-up that confirms it, 200 when ``old_pin`` came along."""
        body = _read(shapes.PinBody, request)
        at = clock.now()
        if "old_pin" in body:
            answered = services.change_pin(user=request.user, **body, at=at, origin=origin_of(request))
            return Response(answered.outcome.resource)
        session = session_row_of(request)
        signed_in_at = session.authenticated_at if session is not None else None
        challenge = services.begin_pin(user=request.user, pin=body["pin"], signed_in_at=signed_in_at, at=at)
        return _awaited(challenge, {"pin_set": False})


class PinReset(WalletView):
    """A new PIN for who forgot theirs."""

    limits = ("security",)

    @extend_schema(request=shapes.ResetBody, responses={202: shapes.PinAwaited})
    def post(self, request: PersonApiRequest) -> Response:
        """Starts the reset: a code to the verified contact, then the password."""
        body = _read(shapes.ResetBody, request)
        challenge = services.begin_reset(user=request.user, pin=body["pin"], at=clock.now())
        return _awaited(challenge, {"pin_set": False})


class StepUp(WalletView):
    """One challenge."""

    limits = ("money",)

    @extend_schema(responses=shapes.ChallengeShown)
    def get(self, request: PersonApiRequest, challenge: str) -> Response:
        """What is confirmed, how, and until when."""
        found = selectors.challenge_of(request.user, ids.parse("chl", challenge))
        shown = selectors.shown(found)
        body = {
            "id": found.public_id,
            "purpose": found.purpose,
            "status": selectors.status_of(found, at=clock.now()),
            "title": str(shown.title),
            "payee": shown.payee,
            "amount_minor": shown.amount.amount_minor if shown.amount else None,
            "currency": shown.amount.currency if shown.amount else None,
            "lines": [{"label": str(label), "value": str(value)} for label, value in shown.lines],
            "methods": list(found.methods),
            "contacts": selectors.contacts_for(found),
            "expires_at": found.expires_at,
        }
        return Response(body)

    @extend_schema(request=shapes.AnswerBody, responses={200: OpenApiTypes.OBJECT, 202: OpenApiTypes.OBJECT})
    def post(self, request: PersonApiRequest, challenge: str) -> Response:
        """Answers it: 200 with the operation as it now is, 202 when something further is awaited."""
        body = _read(shapes.AnswerBody, request)
        outcome = services.answer(
            challenge_id=ids.parse("chl", challenge),
            user=request.user,
            **body,
            at=clock.now(),
            origin=origin_of(request),
        ).outcome
        if outcome.challenge is not None:
            return _awaited(outcome.challenge, dict(outcome.resource))
        return Response(dict(outcome.resource), status=202 if outcome.awaited else 200)


class StepUpSend(WalletView):
    """The code of one challenge."""

    limits = ("money",)

    @extend_schema(request=shapes.SendBody, responses={202: shapes.Sent})
    def post(self, request: PersonApiRequest, challenge: str) -> Response:
        """Sends a code; nothing is ever sent before this call."""
        body = _read(shapes.SendBody, request)
        at = clock.now()
        again_at = services.send_code(
            challenge_id=ids.parse("chl", challenge), user=request.user, **body, at=at, origin=origin_of(request)
        )
        return Response({"resend_after": max(1, round((again_at - at).total_seconds()))}, status=202)


class StepUpRenew(WalletView):
    """A new challenge in the place of one that expired."""

    limits = ("money",)

    @extend_schema(request=shapes.Empty, responses={202: shapes.Awaited})
    def post(self, request: PersonApiRequest, challenge: str) -> Response:
        """Opens it, while the operation still waits."""
        _read(shapes.Empty, request)
        renewed = services.renew(
            challenge_id=ids.parse("chl", challenge), user=request.user, at=clock.now(), origin=origin_of(request)
        )
        return _awaited(renewed, {})
