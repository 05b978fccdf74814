"""Transfers for apps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drf_spectacular.utils import OpenApiParameter, extend_schema

from accounts.devices.origin import origin_of
from accounts.stepup.selectors import open_challenge_of
from ledger.money import Money
from transfers.p2p import selectors, services
from transfers.p2p.api.serializers import TransferRequest, TransferShape
from transfers.p2p.models import Status
from transfers.p2p.policy import TRANSFERS_PREFIX
from transfers.p2p.presentation import transfer_json
from transfers.payees.policy import PAYEES_PREFIX
from wallet_project.lib import clock, ids
from wallet_project.lib.api import WalletView, answer, idempotency_key

if TYPE_CHECKING:
    from rest_framework.response import Response

    from accounts.identity.requests import PersonApiRequest

AWAITED = (Status.AWAITING_STEP_UP, Status.UNDER_REVIEW)


class TransferList(WalletView):
    """Send money to a payee."""

    limits = ("money",)

    @extend_schema(
        request=TransferRequest,
        responses={200: TransferShape, 201: TransferShape, 202: TransferShape},
        parameters=[OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER, required=True)],
    )
    def post(self, request: PersonApiRequest) -> Response:
        """201 when it is done (or declined), 202 when a confirmation or review is awaited, 200 for a replay."""
        key = idempotency_key(request)
        form = TransferRequest(data=request.data)
        form.is_valid(raise_exception=True)
        asked = form.validated_data
        sent = services.send_money(
            sender=request.user,
            payee_id=ids.parse(PAYEES_PREFIX, asked["payee"]),
            amount=Money(asked["amount_minor"], asked["currency"]),
            note=asked["note"],
            category=asked["category"],
            idempotency_key=key,
            origin=origin_of(request),
            at=clock.now(),
        )
        body = transfer_json(sent.transfer, viewer_id=request.user.pk, challenge=sent.challenge)
        done = 200 if sent.replayed else 201
        status = 202 if sent.transfer.status in AWAITED else done
        return answer(body, status=status, replayed=sent.replayed)


class TransferDetail(WalletView):
    """One transfer."""

    limits = ("read",)

    @extend_schema(responses=TransferShape)
    def get(self, request: PersonApiRequest, transfer_id: str) -> Response:
        """The transfer as it is now; the receiver sees it once it is theirs."""
        found = selectors.transfer_seen_by(request.user, ids.parse(TRANSFERS_PREFIX, transfer_id))
        challenge = open_challenge_of(found.pk) if found.status == Status.AWAITING_STEP_UP else None
        return answer(transfer_json(found, viewer_id=request.user.pk, challenge=challenge), status=200)


class TransferCancel(WalletView):
    """Take a transfer back that still waits for its confirmation."""

    limits = ("money",)

    @extend_schema(request=None, responses=TransferShape)
    def post(self, request: PersonApiRequest, transfer_id: str) -> Response:
        """The transfer as it now is; 409 when it has gone on already."""
        cancelled = services.cancel_transfer(
            sender=request.user,
            transfer_id=ids.parse(TRANSFERS_PREFIX, transfer_id),
            origin=origin_of(request),
            at=clock.now(),
        )
        return answer(transfer_json(cancelled, viewer_id=request.user.pk), status=200)
