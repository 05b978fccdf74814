"""Every refusal's sentence, next step and HTTP status: one table for pages, the API and the desk.

It is published at /api/v1/errors/. A test keeps it equal to the ``code`` of every WalletError in the code.
Details may use the error's params as ``%(name)s``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from ledger.formatting import format_money
from ledger.money import Money
from wallet_project.lib.describing import Entry

if TYPE_CHECKING:
    from collections.abc import Callable

NOTHING_TO_DO = _("There is nothing you need to do.")
TRY_AGAIN = _("Try again. If it keeps happening, ask for help and give the reference.")
CORRECT = _("Correct the marked fields and try again.")

GENERAL = (
    Entry("internal", 500, _("Something went wrong"), _("This is our fault, not yours."), TRY_AGAIN),
    Entry(
        "invalid",
        400,
        _("Something is missing or not valid"),
        _("Some of what you sent is missing or not valid."),
        CORRECT,
    ),
    Entry(
        "unknown_field",
        400,
        _("Unknown field"),
        _("The request has a field that is not part of it."),
        _("Leave the field out and try again."),
    ),
    Entry(
        "not_found",
        404,
        _("Not found"),
        _("We could not find this."),
        _("Check the address, or go back to your wallet."),
    ),
    Entry("forbidden", 403, _("Not allowed"), _("You may not do this."), _("Sign in with an account that may.")),
    Entry(
        "method_not_allowed",
        405,
        _("Not possible here"),
        _("This address does not offer that."),
        _("Read the documentation of this address."),
    ),
    Entry(
        "unsupported_media_type",
        415,
        _("Format not understood"),
        _("Send JSON."),
        _("Set Content-Type to application/json."),
    ),
    Entry(
        "not_acceptable",
        406,
        _("Format not available"),
        _("The answer is only available as JSON."),
        _("Ask for application/json."),
    ),
    Entry(
        "state_conflict",
        409,
        _("No longer possible"),
        _("This has changed in the meantime, so it can no longer be done."),
        _("Reload to see how it stands now."),
    ),
    Entry(
        "rate_limited",
        429,
        _("Too many tries"),
        _("You have tried this too often in a short time."),
        _("Wait %(retry_after)s seconds, then try again."),
        public=("retry_after",),
    ),
    Entry(
        "temporarily_unavailable",
        503,
        _("Not available for a moment"),
        _("We cannot do this safely right now."),
        _("Try again in a minute."),
    ),
)

IDEMPOTENCY = (
    Entry(
        "idempotency_key_missing",
        400,
        _("Idempotency key missing"),
        _("This request moves or reserves money and needs an Idempotency-Key."),
        _("Add the header with a fresh random value."),
    ),
    Entry(
        "idempotency_key_malformed",
        400,
        _("Idempotency key not valid"),
        _("The Idempotency-Key must be 1 to 255 printable ASCII characters."),
        _("Use a random UUID."),
    ),
    Entry(
        "idempotency_key_reused",
        422,
        _("Key already used"),
        _("This key was already used for a different request."),
        _("Use a fresh key for a new request."),
    ),
    Entry(
        "request_in_progress",
        409,
        _("Still in progress"),
        _("The same request is being carried out at this moment."),
        _("Ask again in a few seconds with the same key."),
    ),
)

LISTS = (
    Entry(
        "page_size_invalid",
        400,
        _("Page size not valid"),
        _("The page size must be a whole number from 1 to 100."),
        CORRECT,
    ),
    Entry(
        "cursor_invalid",
        400,
        _("Position not valid"),
        _("This position in the list was not made by us."),
        _("Start again from the first page."),
    ),
)

SIGN_IN = (
    Entry(
        "not_authenticated",
        401,
        _("Sign in first"),
        _("You are not signed in, or your session has ended."),
        _("Sign in and try again."),
    ),
    Entry(
        "reauthentication_required",
        401,
        _("Sign in again"),
        _("For your safety, this needs a fresh sign-in."),
        _("Sign in again, then repeat this within 5 minutes."),
    ),
)

CONFIRMATION = (
    Entry(
        "pin_required",
        403,
        _("Payment PIN needed"),
        _("This must be confirmed with your payment PIN, and you have not set one yet."),
        _("Set a payment PIN under Security, then try again."),
    ),
    Entry(
        "code_wrong",
        403,
        _("That is not right"),
        _("What you entered is not right. Tries left: %(tries_left)s."),
        _("Check it and try again."),
        public=("tries_left",),
    ),
    Entry(
        "pin_locked",
        403,
        _("Your payment PIN is locked"),
        _("It was entered wrongly too often. It is locked until %(locked_until)s. You can still receive money."),
        _("Wait until then, or reset your PIN under Security."),
        public=("locked_until",),
    ),
    Entry(
        "pin_reset_required",
        403,
        _("Your payment PIN must be reset"),
        _("It can no longer be used. You can still receive money."),
        _("Reset your PIN under Security."),
    ),
    Entry(
        "pin_malformed",
        400,
        _("PIN not valid"),
        _("A payment PIN has exactly six digits, 0 to 9."),
        CORRECT,
    ),
    Entry(
        "pin_too_easy",
        422,
        _("PIN too easy to guess"),
        _("This PIN is too easy to guess, or it is the one you have now."),
        _("Avoid sequences, repeated digits, your birth date and digits of your phone number."),
    ),
    Entry(
        "contact_not_verified",
        403,
        _("No verified contact"),
        _("There is no verified e-mail address or phone number a code could go to."),
        _("Verify an e-mail address or a phone number first."),
    ),
    Entry(
        "password_required",
        403,
        _("Password needed"),
        _("Resetting a PIN needs your password as well, and you have not set one."),
        _("Set a password under Security, then reset your PIN."),
    ),
    Entry(
        "pin_reset_too_soon",
        403,
        _("Not yet possible"),
        _("Your password or your contact changed less than 24 hours ago. Your PIN can be reset after that."),
        _("Wait a day, or ask for help."),
    ),
    Entry(
        "challenge_expired",
        409,
        _("Too late to confirm"),
        _("The time to confirm this is over, or it was replaced by a newer request."),
        _("Ask for a new confirmation."),
    ),
    Entry(
        "challenge_used",
        409,
        _("Already confirmed"),
        _("This was confirmed before. It is done once only."),
        _("Open your activity to see the result."),
    ),
    Entry(
        "challenge_locked",
        409,
        _("Too many wrong answers"),
        _("This confirmation was answered wrongly too often and can no longer be used."),
        _("Ask for a new confirmation."),
    ),
    Entry(
        "challenge_void",
        409,
        _("Something changed"),
        _("What you were about to confirm has changed since."),
        _("Check it again, then confirm it anew."),
    ),
    Entry(
        "method_not_offered",
        400,
        _("Not possible this way"),
        _("This cannot be confirmed that way."),
        _("Choose one of the offered ways."),
    ),
)

PAYMENTS = (
    Entry(
        "below_minimum",
        422,
        _("Too little"),
        _("A card payment must be at least %(minimum)s."),
        _("Enter a larger amount."),
    ),
    Entry(
        "currency_mismatch",
        422,
        _("Wrong currency"),
        _("This cannot be done in this currency."),
        _("Choose the currency of one of your wallets."),
    ),
    Entry(
        "provider_unavailable",
        503,
        _("The card partner does not answer"),
        _("Our card partner does not answer right now."),
        _("Try again in a few minutes."),
    ),
    Entry(
        "webhook_refused",
        400,
        _("Notice refused"),
        _("The signature or the shape of this notice is not valid."),
        _("Sign the raw body with the current secret."),
    ),
    Entry(
        "amount_not_positive",
        400,
        _("Amount not valid"),
        _("The amount must be more than zero."),
        _("Enter a larger amount."),
    ),
)

PEOPLE = (
    Entry(
        "identifier_malformed",
        400,
        _("Not a handle, e-mail or phone number"),
        _("This is neither a handle, nor an e-mail address, nor a phone number."),
        _("Write @name, name@example.com or +49 151 23456789."),
    ),
    Entry(
        "handle_length",
        400,
        _("Handle too short or too long"),
        _("A handle has 3 to 20 characters."),
        CORRECT,
    ),
    Entry(
        "handle_characters",
        400,
        _("Handle not valid"),
        _("A handle has letters a to z, digits, dots and underscores, and begins and ends with a letter or digit."),
        CORRECT,
    ),
    Entry(
        "handle_reserved",
        400,
        _("Handle not available"),
        _("This handle could be taken for us."),
        _("Choose another one."),
    ),
    Entry(
        "handle_taken",
        409,
        _("Handle taken"),
        _("Somebody has this handle, or one that looks like it."),
        _("Choose another one."),
    ),
    Entry("name_length", 400, _("Name too short or too long"), _("A name has 1 to 50 characters."), CORRECT),
    Entry(
        "name_invisible",
        400,
        _("Invisible characters"),
        _("The name has invisible or direction-changing characters."),
        _("Type it anew instead of pasting it."),
    ),
    Entry("name_emoji", 400, _("Emoji in the name"), _("A name cannot have emoji or symbols."), CORRECT),
    Entry("name_marks", 400, _("Too many accents"), _("The name has too many accents on one letter."), CORRECT),
    Entry(
        "name_characters",
        400,
        _("Name not valid"),
        _("A name has letters, spaces, and signs such as ' - . only."),
        CORRECT,
    ),
    Entry(
        "name_mixed_scripts",
        400,
        _("Mixed alphabets"),
        _("The name mixes alphabets whose letters look alike."),
        _("Use one alphabet."),
    ),
    Entry("choice_unknown", 400, _("Not a choice"), _("This is not one of the choices."), CORRECT),
    Entry(
        "email_taken",
        409,
        _("Address in use"),
        _("Another account has verified this e-mail address in the meantime."),
        _("Sign in to that account, or use another address."),
    ),
    Entry(
        "phone_taken",
        409,
        _("Number in use"),
        _("Another account has verified this phone number in the meantime."),
        _("Sign in to that account, or use another number."),
    ),
    Entry(
        "code_already_used",
        409,
        _("Code already used"),
        _("This code was used before. Each one works once."),
        _("Wait for the next code and enter that."),
    ),
)

TRANSFERS = (
    Entry(
        "self_transfer",
        422,
        _("That is you"),
        _("This is your own handle, e-mail address or phone number."),
        _("Choose somebody else to send money to."),
    ),
    Entry(
        "payee_cannot_receive",
        422,
        _("They can’t receive money now"),
        _("This person can’t receive money with this wallet at the moment."),
        _("Check that you have the right person, or ask them how they want to be paid."),
    ),
    Entry(
        "note_too_long",
        400,
        _("Note too long"),
        _("A note can have up to 140 characters."),
        _("Shorten the note and try again."),
    ),
)

WALLETS = (
    Entry(
        "over_limit",
        422,
        _("More than your limit"),
        _("This is more than your limit of %(cap)s allows."),
        _("You can go up to %(remaining)s now. Settings, Limits shows what is left and when it starts anew."),
        public=("remaining_minor", "currency", "window"),
    ),
    Entry(
        "currency_not_offered",
        422,
        _("Currency not offered"),
        _("We keep no wallets in %(currency)s."),
        _("Choose one of the currencies on the balances page."),
    ),
    Entry(
        "not_verified",
        403,
        _("Confirm your contact first"),
        _("Your e-mail address or phone number is not confirmed yet."),
        _("Enter the code we sent you, then try again."),
    ),
)

TYPED_AMOUNTS = (
    Entry("amount_missing", 400, _("Amount missing"), _("No amount was entered."), _("Enter an amount.")),
    Entry(
        "amount_invalid",
        400,
        _("Amount not understood"),
        _("This is not an amount in %(currency)s."),
        _("Use digits only, for example 12.50."),
    ),
    Entry(
        "amount_too_precise",
        400,
        _("Too many decimals"),
        _("An amount in %(currency)s has at most %(decimals)s digits after the decimal point."),
        _("Enter a rounded amount."),
    ),
    Entry("amount_too_large", 400, _("Amount too large"), _("This amount is too large."), _("Enter a smaller amount.")),
    Entry(
        "amount_out_of_range",
        400,
        _("Amount too large"),
        _("This amount is too large."),
        _("Enter a smaller amount."),
    ),
    Entry(
        "currency_unknown",
        400,
        _("Currency not known"),
        _("We do not know the currency %(currency)s."),
        _("Use one of the three-letter codes of ISO 4217."),
    ),
)

BOOKS_REFUSED = _("Not possible")
BOOKS_ARE_SAFE = _("The books refused this, so no money moved.")
LEDGER = (
    Entry(
        "insufficient_funds",
        422,
        _("Not enough money"),
        _("There is not enough money available for this."),
        _("Add money, or enter a smaller amount."),
    ),
    Entry(
        "account_frozen",
        422,
        _("Wallet frozen"),
        _("One of the wallets is frozen."),
        _("Ask for help to find out why."),
    ),
    Entry(
        "account_closed",
        422,
        _("Wallet closed"),
        _("One of the wallets is closed."),
        _("Choose another wallet."),
    ),
    Entry(
        "ceiling_exceeded",
        422,
        _("More than the wallet may hold"),
        _("The wallet would hold more than it may."),
        _("Enter a smaller amount."),
    ),
    Entry(
        "hold_not_open",
        409,
        _("No longer possible"),
        _("The money is no longer set aside for this."),
        _("Reload to see how it stands now."),
    ),
    Entry(
        "account_not_empty",
        409,
        _("Wallet not empty"),
        _("There is still money in this wallet, or money set aside."),
        _("Move it out first."),
    ),
    *(
        Entry(code, status, BOOKS_REFUSED, BOOKS_ARE_SAFE, TRY_AGAIN)
        for code, status in (
            ("ledger_refused", 500),
            ("account_unknown", 500),
            ("account_id_taken", 500),
            ("account_limits_refused", 409),
            ("append_only", 500),
            ("entry_unknown", 500),
            ("entry_id_reused", 500),
            ("entry_already_reversed", 409),
            ("entry_unbalanced", 500),
            ("hold_unknown", 500),
            ("hold_id_reused", 500),
            ("hold_exceeded", 409),
            ("hold_capture_mismatch", 500),
        )
    ),
)

ENTRIES: tuple[Entry, ...] = (
    *TYPED_AMOUNTS,
    *LEDGER,
    *GENERAL,
    *IDEMPOTENCY,
    *LISTS,
    *SIGN_IN,
    *PEOPLE,
    *PAYMENTS,
    *CONFIRMATION,
    *TRANSFERS,
    *WALLETS,
)


def _money(value: Money) -> str:
    return format_money(value, get_language() or "en")


READERS: dict[type, Callable[[Any], str]] = {Money: _money}
"""How values among an error's params read in a sentence; others are shown as text."""
