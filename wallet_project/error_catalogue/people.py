"""Refusals of signing in, confirming and profiles."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from wallet_project.error_catalogue.general import CORRECT
from wallet_project.lib.describing import Entry

STAFF = (
    Entry(
        "staff_own_no_wallet",
        403,
        _("This is for customers"),
        _("You are signed in with a staff account. Staff accounts have no wallet, so this is closed to them."),
        _("Go to the desk, or sign in with your own customer account."),
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
        _("What you entered is not right, and no money has moved. Tries left: %(tries_left)s."),
        _("Check it and try again."),
        public=("tries_left",),
    ),
    Entry(
        "pin_locked",
        403,
        _("Your payment PIN is locked"),
        _("The wrong one was entered too often. It is locked until %(locked_until)s. You can still receive money."),
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
        _("The time to confirm this has run out, or it was replaced by a newer request."),
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
        _("This confirmation had too many wrong answers and can no longer be used."),
        _("Ask for a new confirmation."),
    ),
    Entry(
        "challenge_void",
        409,
        _("Something changed"),
        _("What you were about to confirm has changed since."),
        _("Check it, then confirm it again."),
    ),
    Entry(
        "method_not_offered",
        400,
        _("Not possible this way"),
        _("This cannot be confirmed that way."),
        _("Choose one of the offered ways."),
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
        _("This handle could be mistaken for ours."),
        _("Choose another one."),
    ),
    Entry(
        "handle_taken",
        409,
        _("Handle taken"),
        _("Someone already has this handle, or one that looks like it."),
        _("Choose another one."),
    ),
    Entry("name_length", 400, _("Name too short or too long"), _("A name has 1 to 50 characters."), CORRECT),
    Entry(
        "name_invisible",
        400,
        _("Invisible characters"),
        _("The name has invisible or direction-changing characters."),
        _("Type it instead of pasting it."),
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
