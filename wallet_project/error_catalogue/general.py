"""Refusals that any page or endpoint can give."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from wallet_project.lib.describing import Entry

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
    Entry(
        "forbidden",
        403,
        _("Not allowed"),
        _("You are not allowed to do this."),
        _("Sign in with an account that is allowed to."),
    ),
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
        _("Reload to see its current state."),
    ),
    Entry(
        "rate_limited",
        429,
        _("Too many tries"),
        _("You have tried this too many times in a short while."),
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
