"""Questions about payouts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Count, Min, Q

from payments.payouts.models import BankMessage, PayoutBatch
from payments.payouts.policy import ANSWER_WITHIN
from payments.payouts.states import MessageState
from wallet_project.lib import clock
from wallet_project.lib.desk import Waiting

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet


def without_answer(*, at: datetime) -> QuerySet[PayoutBatch]:
    """Files with a payment of which the bank has not spoken in the time it has for that."""
    return PayoutBatch.objects.filter(reported_at__isnull=True, created_at__lte=at - ANSWER_WITHIN)


def waiting_without_answer() -> Waiting:
    """How many, and since when."""
    row = without_answer(at=clock.now()).aggregate(count=Count("pk"), oldest=Min("created_at"))
    return Waiting(count=row["count"], oldest_at=row["oldest"])


def needing_a_person(messages: QuerySet[BankMessage]) -> QuerySet[BankMessage]:
    """Of these, the ones that could not be read or not be followed to the end, and that nobody has closed."""
    return messages.filter(is_closed=False).filter(Q(state=MessageState.FAILED.value) | ~Q(problem=""))


def problem_messages() -> Waiting:
    """How many messages need a person, and since when."""
    row = needing_a_person(BankMessage.objects.all()).aggregate(count=Count("pk"), oldest=Min("received_at"))
    return Waiting(count=row["count"], oldest_at=row["oldest"])
