"""Refusals where money was meant to move. It never did."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from wallet_project.error_catalogue.general import TRY_AGAIN
from wallet_project.lib.describing import Entry

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

TRANSFERS = (
    Entry(
        "self_transfer",
        422,
        _("That is you"),
        _("This is your own handle, e-mail address or phone number."),
        _("Choose someone else to send money to."),
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

BANKING = (
    Entry(
        "iban_invalid",
        400,
        _("IBAN not valid"),
        _("This is not an IBAN that we can pay to."),
        _("Copy it from your bank’s app and try again."),
    ),
    Entry(
        "bic_invalid",
        400,
        _("BIC not valid"),
        _("This is not the BIC of a bank in the country of the IBAN."),
        _("Leave the BIC empty if you are not sure."),
    ),
    Entry(
        "holder_name_invalid",
        400,
        _("Name not valid"),
        _("The name of the account holder is missing, too long, or has signs that no name has."),
        _("Write the name as your bank does, with at most 70 characters."),
    ),
    Entry(
        "bank_account_exists",
        409,
        _("You have this account already"),
        _("This bank account is among yours already."),
        _("Choose it when you withdraw."),
        public=("bank_account",),
    ),
    Entry(
        "too_many_bank_accounts",
        409,
        _("Too many bank accounts"),
        _("You can have at most %(most)s bank accounts."),
        _("Remove one that you no longer use, then add this one."),
    ),
    Entry(
        "bank_account_not_usable",
        422,
        _("Account not ready"),
        _("This bank account is not confirmed, or was removed."),
        _("Confirm it with your PIN, or choose another account."),
    ),
    Entry(
        "amount_too_small",
        422,
        _("Too little"),
        _("A withdrawal must be at least %(minimum)s."),
        _("Enter a larger amount."),
    ),
    Entry(
        "question_empty",
        400,
        _("Nothing written"),
        _("There is no text in it."),
        _("Write a sentence and send it again."),
    ),
    Entry(
        "own_edit",
        403,
        _("You changed this account"),
        _("You corrected the bank account last, so you cannot approve money to it."),
        _("Ask another officer to decide."),
    ),
    Entry(
        "already_claimed",
        409,
        _("Somebody works on it"),
        _("Another officer has claimed this withdrawal."),
        _("Take another one, or ask them to give it back."),
    ),
    Entry(
        "recheck_failed",
        409,
        _("It no longer holds"),
        _("Something has changed since: the withdrawal cannot be approved now."),
        _("Look at the newest conditions on its page."),
        staff="%(conditions)s",
    ),
    Entry(
        "top_up_not_as_said",
        409,
        _("The card provider says something else"),
        _("What the provider says does not fit this decision. No money has moved."),
        _("Look below at what it received and gave back."),
        staff="%(why)s",
    ),
    Entry(
        "payout_may_be_paid",
        409,
        _("It is not certain yet"),
        _("What we know does not show what the bank did with this payment. No money has moved."),
        _("See below what is missing."),
        staff="%(why)s",
    ),
)

WALLETS = (
    Entry(
        "over_limit",
        422,
        _("More than your limit"),
        _("This is more than your limit of %(cap)s allows."),
        _("You can go up to %(remaining)s now. Settings, Limits shows what is left and when it resets."),
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
        _("Reload to see its current state."),
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
            ("entry_is_reversal", 409),
            ("entry_unbalanced", 500),
            ("entry_one_legged", 500),
            ("entry_leg_zero", 500),
            ("entry_cross_currency", 500),
            ("entry_too_large", 500),
            ("checkpoint_unknown", 500),
            ("hold_unknown", 500),
            ("hold_id_reused", 500),
            ("hold_exceeded", 409),
            ("hold_capture_mismatch", 500),
        )
    ),
)
