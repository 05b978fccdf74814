"""The published test cards and what each of them does. No other number is ever kept."""

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True)
class Failure:
    """Why a charge did not go through: Stripe's error code, the issuer's decline code, the sentence."""

    code: str
    decline_code: str | None
    message: str
    reaches_issuer: bool = True
    blocked: bool = False


@dataclass(frozen=True)
class Card:
    """A card number and its fate. `challenge`: 3-D Secure asks first; `unreachable`: it asks and nobody answers."""

    number: str
    says: str
    failure: Failure | None = None
    challenge: bool = False
    unreachable: bool = False
    brand: str = "visa"
    country: str = "US"
    funding: str = "credit"
    available_at_once: bool = False
    risk: str = "normal"
    dispute_reason: str = ""
    inquiry: bool = False
    early_warning: bool = False
    refund: str = "succeeded"

    @property
    def last4(self) -> str:
        """The digits people are shown."""
        return self.number[-4:]

    @property
    def fingerprint(self) -> str:
        """The same for the same number, always."""
        return hashlib.sha256(b"simulator card " + self.number.encode()).hexdigest()[:16]


def _declined(decline_code: str, message: str = "Your card was declined.", *, blocked: bool = False) -> Failure:
    return Failure("card_declined", decline_code, message, blocked=blocked)


GENERIC = _declined("generic_decline")
INSUFFICIENT = _declined("insufficient_funds", "Your card has insufficient funds.")
FRAUDULENT = _declined("fraudulent", blocked=True)
INCORRECT_NUMBER = Failure("incorrect_number", None, "Your card number is incorrect.", reaches_issuer=False)
NOT_A_TEST_CARD = Failure(
    "card_declined",
    "test_mode_live_card",
    "Your card was declined. Your request was in test mode, but used a non test card.",
    reaches_issuer=False,
)
UNREACHABLE = Failure(
    "card_declined",
    "authentication_not_handled",
    "Your bank could not be reached to confirm this payment.",
    reaches_issuer=False,
)
NOT_AUTHENTICATED = Failure(
    "payment_intent_authentication_failure",
    None,
    "We are unable to authenticate your payment method. Please choose a different payment method and try again.",
    reaches_issuer=False,
)

CARDS = (
    Card("4242424242424242", "succeeds"),
    Card("4000000000000077", "succeeds, balance available at once", available_at_once=True),
    Card("4000002760000016", "succeeds, issued in Germany", country="DE"),
    Card("4000056655665556", "succeeds, a debit card", funding="debit"),
    Card("5555555555554444", "succeeds, a Mastercard", brand="mastercard"),
    Card("4000002500003155", "asks for 3-D Secure, then succeeds", challenge=True),
    Card("4000002760003184", "asks for 3-D Secure, then succeeds", challenge=True, country="DE"),
    Card("4000000000003220", "asks for 3-D Secure, then succeeds", challenge=True),
    Card("4000008260003178", "passes 3-D Secure, then insufficient funds", INSUFFICIENT, challenge=True),
    Card("4000008400001629", "passes 3-D Secure, then is declined", GENERIC, challenge=True),
    Card("4000008400001280", "3-D Secure cannot be reached: fails", UNREACHABLE, unreachable=True),
    Card("4000000000000002", "is declined", GENERIC),
    Card("4000000000009995", "insufficient funds", INSUFFICIENT),
    Card("4000000000009987", "reported lost", _declined("lost_card")),
    Card("4000000000009979", "reported stolen", _declined("stolen_card")),
    Card("4000000000000069", "has expired", Failure("expired_card", None, "Your card has expired.")),
    Card(
        "4000000000000127",
        "wrong security code",
        Failure("incorrect_cvc", None, "Your card's security code is incorrect."),
    ),
    Card(
        "4000000000000119",
        "processing error",
        Failure("processing_error", None, "An error occurred while processing your card. Try again in a little bit."),
    ),
    Card("4242424242424241", "number is mistyped", INCORRECT_NUMBER),
    Card("4000000000006975", "used too often", _declined("card_velocity_exceeded")),
    Card("4000000000000341", "can be saved, charges are declined", GENERIC),
    Card("4100000000000019", "blocked as fraud", FRAUDULENT, risk="highest"),
    Card("4000000000004954", "highest risk, blocked", FRAUDULENT, risk="highest"),
    Card("4000000000009235", "elevated risk: succeeds, provider reviews", risk="elevated"),
    Card("4000000000000259", "succeeds, then disputed as fraudulent", dispute_reason="fraudulent"),
    Card("4000000000002685", "succeeds, then disputed as not received", dispute_reason="product_not_received"),
    Card("4000000000001976", "succeeds, then an inquiry", dispute_reason="fraudulent", inquiry=True),
    Card("4000000000005423", "succeeds, then an early fraud warning", early_warning=True),
    Card("4000000000007726", "refund pending, then succeeds", refund="pending"),
    Card("4000000000005126", "refund succeeds, then fails", refund="failed"),
)
BY_NUMBER = {card.number: card for card in CARDS}


def card_for(number: str) -> Card:
    """The card behind a number of digits. One that is nobody's test card is declined, and not remembered."""
    known = BY_NUMBER.get(number)
    if known is not None:
        return known
    unknown = "0" * (len(number) - 4) + number[-4:]
    return Card(unknown, "unknown", NOT_A_TEST_CARD if passes_luhn(number) else INCORRECT_NUMBER)


def passes_luhn(number: str) -> bool:
    """The check digit of ISO/IEC 7812-1, annex B."""
    doubled = (int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(reversed(number)))
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0
