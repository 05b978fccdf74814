"""The person changes their mind before paying."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payments.funding.models import TopUp
from payments.funding.policy import STOPPED_BY_PERSON
from payments.funding.records import get
from payments.funding.services.outcomes import close
from payments.funding.services.settling import settle_from_provider
from payments.funding.services.starting import CARDS
from payments.funding.states import STOPPABLE, TopUpStatus
from payments.providers.base import Refused, Retryable, Unknown
from wallet_project.lib.errors import WalletError

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from accounts.identity.models import User


class TopUpNotCancellable(WalletError):
    """It has ended already, or the provider has the money or works on it."""

    code = "state_conflict"


class ProviderUnavailable(WalletError):
    """The card provider gives no answer; nothing was changed."""

    code = "provider_unavailable"


def cancel_top_up(*, top_up_id: UUID, user: User, at: datetime) -> TopUp:
    """Closes the provider's page, then the row is CANCELLED; asked again, it answers the cancelled row.

    If the money turns out to be there, it is credited instead. Raises NotFound, TopUpNotCancellable,
    ProviderUnavailable.
    """
    top_up = get(top_up_id, user=user)
    if top_up.status == TopUpStatus.CANCELLED:
        return top_up
    if top_up.status not in STOPPABLE:
        raise TopUpNotCancellable
    if top_up.provider_id:
        _note(top_up_id, reason=STOPPED_BY_PERSON)
        try:
            CARDS.close_page(provider_id=top_up.provider_id)
        except Refused:
            return _paid_after_all(top_up_id, at=at)
        except (Retryable, Unknown) as error:
            _note(top_up_id, reason="")
            raise ProviderUnavailable from error
    return close(top_up_id=top_up_id, status=TopUpStatus.CANCELLED, reason=STOPPED_BY_PERSON, cause="cancel", at=at)


def _note(top_up_id: UUID, *, reason: str) -> None:
    """Says on a row that still can be stopped why its page closes, for whoever reads the closed page first."""
    TopUp.objects.filter(pk=top_up_id, status__in=STOPPABLE).update(reason=reason)


def _paid_after_all(top_up_id: UUID, *, at: datetime) -> TopUp:
    """The page was no longer open: whatever the provider says now is how it stands."""
    settled = settle_from_provider(top_up_id=top_up_id, at=at, cause="cancel")
    if not settled.is_known:
        raise ProviderUnavailable
    if settled.top_up.status == TopUpStatus.PROCESSING:
        raise TopUpNotCancellable
    return settled.top_up
