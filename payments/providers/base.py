"""What every money rail promises its callers, so that one flow serves them all.

A rail answers in one of three ways, and they are never mixed up:

* ``Refused``: permanently no; nothing happened and asking again is pointless.
* ``Retryable``: not now; surely nothing happened, the same request may be sent again.
* ``Unknown``: no answer, or a broken one; it may have happened. Only asking (or the same idempotency key) tells.

No call is made inside a database transaction; every adapter checks.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from ledger.money import Money


class ProviderError(Exception):
    """Base of the three answers. ``code`` is the provider's or our own short word; it holds no personal data."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


class Refused(ProviderError):
    """Permanently no; nothing happened."""


class Retryable(ProviderError):
    """Not now; nothing happened."""


class Unknown(ProviderError):
    """It may or may not have happened."""


class PageState(StrEnum):
    """How a hosted payment page stands."""

    OPEN = "OPEN"
    COMPLETE = "COMPLETE"
    EXPIRED = "EXPIRED"


class MoneyState(StrEnum):
    """How the payment behind a hosted page stands at the provider."""

    NONE = "NONE"
    """Nobody has tried to pay, or the person is at it."""
    ACTION = "ACTION"
    """The person must confirm with their bank (3-D Secure)."""
    PROCESSING = "PROCESSING"
    """The provider is at it or reviews it."""
    FAILED = "FAILED"
    """A try was declined; the page may still be open for another."""
    RECEIVED = "RECEIVED"
    """The provider has the money."""


@dataclass(frozen=True, slots=True)
class HostedPage:
    """A page of the provider where the person pays; ``url`` is never ours."""

    provider_id: str
    url: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class PaymentNow:
    """One reading of a payment. ``received`` is what the provider says it got, never what was asked.

    ``given_back_minor`` is how much of that it has refunded since, ``is_disputed`` whether the card's owner wants it
    back through their bank.
    """

    page: PageState
    money: MoneyState
    reference: str
    received: Money | None = None
    payment_id: str = ""
    failure_code: str = ""
    card_brand: str = ""
    card_last4: str = ""
    given_back_minor: int = 0
    is_disputed: bool = False


class CardRail(Protocol):
    """Collecting money by card on the provider's own page."""

    def open_page(
        self, *, top_up_id: UUID, amount: Money, expires_at: datetime, return_url: str, cancel_url: str
    ) -> HostedPage:
        """Opens the page. Safe to repeat with the same ``top_up_id``: it is the idempotency key."""
        ...

    def read(self, *, provider_id: str) -> PaymentNow:
        """How the payment stands."""
        ...

    def close_page(self, *, provider_id: str) -> None:
        """Makes the page unpayable. ``Refused`` when it is no longer open: then ``read`` tells why."""
        ...
