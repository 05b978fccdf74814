"""What can be wrong with a typed bank account: one sentence for each fault, said at its field."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from wallet_project.lib.describing import Entry

_IBAN = _("IBAN not right")
_BIC = _("BIC not right")
_TYPE_IT_AGAIN = _("Compare it with your card or statement and type it again.")

BANK_DETAILS = (
    Entry(
        "iban_characters",
        400,
        _IBAN,
        _("An IBAN has only letters and digits, such as DE89 3704 0044 0532 0130 00."),
        _TYPE_IT_AGAIN,
    ),
    Entry(
        "iban_country",
        400,
        _IBAN,
        _("An IBAN begins with the two letters of its country, such as DE or FR. Check the beginning."),
        _TYPE_IT_AGAIN,
    ),
    Entry(
        "iban_length",
        400,
        _IBAN,
        _("This IBAN is too short or too long for its country. Check that no digit is missing."),
        _TYPE_IT_AGAIN,
    ),
    Entry(
        "iban_checksum",
        400,
        _IBAN,
        _("The digits of this IBAN do not fit together. Look for a wrong digit, or two that changed places."),
        _TYPE_IT_AGAIN,
    ),
    Entry(
        "iban_bank",
        400,
        _IBAN,
        _("The part of this IBAN that names the bank is not right."),
        _TYPE_IT_AGAIN,
    ),
    Entry(
        "iban_not_reached",
        400,
        _("Country not reached"),
        _("We cannot pay into accounts of this country yet."),
        _("Use an account in the euro payment area (SEPA)."),
    ),
    Entry(
        "bic_shape",
        400,
        _BIC,
        _("A BIC has 8 or 11 letters and digits, such as COBADEFF."),
        _("Leave the BIC empty if you are not sure."),
    ),
    Entry(
        "bic_other_bank",
        400,
        _BIC,
        _("This BIC is of another country than the IBAN."),
        _("Leave the BIC empty if you are not sure."),
    ),
    Entry(
        "bic_needed",
        400,
        _("BIC needed"),
        _("We could not find the bank of this IBAN. Enter its BIC too."),
        _("You find the BIC on your statement."),
    ),
)
