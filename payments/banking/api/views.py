"""Bank accounts and withdrawals, for apps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response

from accounts.devices.origin import origin_of
from accounts.stepup.selectors import open_challenge_of
from ledger.money import Money
from payments.banking import selectors, services
from payments.banking.api.serializers import (
    AnswerRequest,
    BankAccountList,
    BankAccountRequest,
    BankAccountShape,
    TermsQuery,
    TermsShape,
    WithdrawalList,
    WithdrawalRequest,
    WithdrawalShape,
)
from payments.banking.policy import ACCOUNTS_PREFIX, WITHDRAWALS_PREFIX
from payments.banking.presentation import bank_account_json, withdrawal_json, withdrawal_row
from payments.banking.states import BankAccountStatus, WithdrawalStatus
from wallet_project.lib import clock, ids
from wallet_project.lib.api import WalletView, answer, idempotency_key, listing, page_size, read_cursor

if TYPE_CHECKING:
    from accounts.identity.requests import PersonApiRequest
    from payments.banking.models import BankAccount, Withdrawal

KEY = OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER, required=True)
PAGE = [
    OpenApiParameter("page_size", int, description="1 to 100, 25 by default."),
    OpenApiParameter("cursor", str, description="Taken from `next`."),
]


class BankAccounts(WalletView):
    """Where the person can withdraw to."""

    limits = ("money",)

    @extend_schema(operation_id="bank_accounts_list", responses=BankAccountList)
    def get(self, request: PersonApiRequest) -> Response:
        """Every account in use, and those that wait for their confirmation."""
        rows = selectors.bank_accounts_of(request.user)
        return listing(request, [bank_account_json(row) for row in rows], None)

    @extend_schema(request=BankAccountRequest, responses={202: BankAccountShape})
    def post(self, request: PersonApiRequest) -> Response:
        """202: the account can be used once the step-up is answered."""
        asked = BankAccountRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        added = services.add_bank_account(
            user=request.user,
            **asked.validated_data,
            origin=origin_of(request),
            at=clock.now(),
        )
        return answer(bank_account_json(added.account, challenge=added.challenge), status=202)


class BankAccountDetail(WalletView):
    """One bank account."""

    limits = ("money",)

    @extend_schema(operation_id="bank_accounts_read", responses=BankAccountShape)
    def get(self, request: PersonApiRequest, account_id: str) -> Response:
        """The account as it is now, with its open challenge while it waits for one."""
        found = _account(request, account_id)
        waits = found.status == BankAccountStatus.AWAITING_STEP_UP
        challenge = open_challenge_of(found.pk) if waits else None
        return answer(bank_account_json(found, challenge=challenge), status=200)

    @extend_schema(request=None, responses={204: None})
    def delete(self, request: PersonApiRequest, account_id: str) -> Response:
        """Removes it; withdrawals on their way still go there. Removing twice changes nothing."""
        found = _account(request, account_id)
        services.remove_bank_account(user=request.user, account_id=found.pk, origin=origin_of(request), at=clock.now())
        return Response(status=204)


class Withdrawals(WalletView):
    """Money to one's own bank."""

    limits = ("money",)

    @extend_schema(operation_id="withdrawals_list", parameters=PAGE, responses=WithdrawalList)
    def get(self, request: PersonApiRequest) -> Response:
        """A page of the person's withdrawals, newest first."""
        rows, position = selectors.withdrawals_of(request.user, after=read_cursor(request), size=page_size(request))
        return listing(request, [withdrawal_row(row) for row in rows], position)

    @extend_schema(request=WithdrawalRequest, responses={202: WithdrawalShape, 200: WithdrawalShape}, parameters=[KEY])
    def post(self, request: PersonApiRequest) -> Response:
        """202 with the step-up to answer; amount and fee are held. A repeat answers with the withdrawal as it is now:
        202 while the step-up is awaited, else 200."""
        key = idempotency_key(request)
        form = WithdrawalRequest(data=request.data)
        form.is_valid(raise_exception=True)
        asked: dict[str, Any] = form.validated_data
        requested = services.request_withdrawal(
            user=request.user,
            bank_account_id=ids.parse(ACCOUNTS_PREFIX, asked["bank_account"]),
            amount=Money(asked["amount_minor"], asked["currency"]),
            idempotency_key=key,
            origin=origin_of(request),
            at=clock.now(),
        )
        made = requested.withdrawal
        status = 202 if made.status == WithdrawalStatus.AWAITING_STEP_UP else 200
        body = withdrawal_json(made, challenge=requested.challenge)
        return answer(body, status=status, replayed=requested.replayed)


class WithdrawalTerms(WalletView):
    """What a withdrawal would cost."""

    limits = ("read",)

    @extend_schema(
        parameters=[
            OpenApiParameter("amount_minor", int, required=True, description="What shall arrive, in minor units."),
            OpenApiParameter("currency", str, required=True),
        ],
        responses=TermsShape,
    )
    def get(self, request: PersonApiRequest) -> Response:
        """Fee, total, the day it would arrive, and whether a person would probably look at it. Nothing is reserved."""
        query = TermsQuery(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        amount = Money(int(query.validated_data["amount_minor"]), query.validated_data["currency"])
        terms = selectors.terms(user=request.user, amount=amount, at=clock.now())
        body = {
            "amount_minor": amount.amount_minor,
            "fee_minor": terms.fee.amount_minor,
            "total_minor": terms.total.amount_minor,
            "currency": amount.currency,
            "arrives_on": terms.arrives_on.isoformat(),
            "likely_review": terms.likely_review,
        }
        return answer(body, status=200)


class WithdrawalDetail(WalletView):
    """One withdrawal."""

    limits = ("read",)

    @extend_schema(operation_id="withdrawals_read", responses=WithdrawalShape)
    def get(self, request: PersonApiRequest, withdrawal_id: str) -> Response:
        """The withdrawal as it is now: its timeline, why it is looked at, what we ask, what came back."""
        return answer(withdrawal_json(_withdrawal(request, withdrawal_id)), status=200)


class WithdrawalCancel(WalletView):
    """Take a withdrawal back before the bank has it."""

    limits = ("money",)

    @extend_schema(request=None, responses=WithdrawalShape)
    def post(self, request: PersonApiRequest, withdrawal_id: str) -> Response:
        """The withdrawal as it now is; 409 when the bank has it already. Cancelling twice changes nothing."""
        cancelled = services.cancel_withdrawal(
            user=request.user,
            withdrawal_id=ids.parse(WITHDRAWALS_PREFIX, withdrawal_id),
            origin=origin_of(request),
            at=clock.now(),
        )
        return answer(withdrawal_json(cancelled), status=200)


class WithdrawalAnswer(WalletView):
    """Answer what our team asked."""

    limits = ("money",)

    @extend_schema(request=AnswerRequest, responses=WithdrawalShape)
    def post(self, request: PersonApiRequest, withdrawal_id: str) -> Response:
        """The withdrawal as it now is; 409 when nothing is asked (any more)."""
        form = AnswerRequest(data=request.data)
        form.is_valid(raise_exception=True)
        answered = services.answer_question(
            user=request.user,
            withdrawal_id=ids.parse(WITHDRAWALS_PREFIX, withdrawal_id),
            text=form.validated_data["text"],
            origin=origin_of(request),
            at=clock.now(),
        )
        return answer(withdrawal_json(answered), status=200)


def _account(request: PersonApiRequest, account_id: str) -> BankAccount:
    return selectors.bank_account_of(user=request.user, account_id=ids.parse(ACCOUNTS_PREFIX, account_id))


def _withdrawal(request: PersonApiRequest, withdrawal_id: str) -> Withdrawal:
    return selectors.withdrawal_of(user=request.user, withdrawal_id=ids.parse(WITHDRAWALS_PREFIX, withdrawal_id))
