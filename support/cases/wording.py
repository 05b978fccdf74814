"""What a screening found, in sentences: one pair per condition, with its numbers filled in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from ledger.formatting import format_money
from ledger.money import Money

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.utils.functional import Promise


@dataclass(frozen=True, slots=True)
class Words:
    """``passed`` is a few words, ``failed`` a sentence. Names ending in ``_cents`` or ``_minor`` read as money."""

    passed: str | Promise
    failed: str | Promise


CONDITIONS: dict[str, Words] = {
    "person_active": Words(_("Account active"), _("The account is frozen or closed")),
    "wallet_open": Words(_("Wallet open"), _("The wallet is frozen")),
    "hold_open": Words(_("Money held"), _("The money is no longer held")),
    "account_unchanged": Words(
        _("Bank account as confirmed"), _("The bank account changed after the customer confirmed")
    ),
    "contact_verified": Words(_("Contact verified"), _("No verified e-mail address or phone number")),
    "tier_allows": Words(
        _("Within the cap of the tier"), _("More than %(cap_euro_cents)s, what tier %(tier)s may take out unseen")
    ),
    "day_total": Words(
        _("Within the day’s cap"), _("%(day_euro_cents)s today, more than %(cap_euro_cents)s may go unseen")
    ),
    "account_cooled_off": Words(
        _("Bank account older than 48 h"), _("Bank account added or changed %(account_age)s ago")
    ),
    "holder_name_matches": Words(_("Name at bank: match"), _("The holder’s name is not the customer’s")),
    "account_not_shared": Words(
        _("Bank account used by nobody else"), _("%(others)s other customers use this bank account")
    ),
    "funds_matured": Words(_("No card money maturing"), _("%(maturing_minor)s of card money is still maturing")),
    "card_money_share": Words(
        _("Little card money today"), _("%(card_share)s %% of the amount arrived by card in the last 24 h")
    ),
    "no_debt": Words(_("No debt"), _("The customer owes us %(owed_minor)s")),
    "security_settled": Words(_("Security unchanged for 24 h"), _("PIN, password or contact changed in the last 24 h")),
}

SHORT: dict[str, str | Promise] = {
    "person_active": _("Frozen"),
    "wallet_open": _("Wallet frozen"),
    "hold_open": _("Nothing held"),
    "account_unchanged": _("Account changed"),
    "contact_verified": _("No contact"),
    "tier_allows": _("Large"),
    "day_total": _("Much today"),
    "account_cooled_off": _("New account"),
    "holder_name_matches": _("Other name"),
    "account_not_shared": _("Shared account"),
    "funds_matured": _("Card money"),
    "card_money_share": _("Mostly card"),
    "no_debt": _("Debt"),
    "security_settled": _("Security change"),
}
"""The same in a word or two, for the queue."""


_ORDER = {code: place for place, code in enumerate(CONDITIONS)}


def place_of(code: str) -> int:
    """Where a condition stands in every list: what nobody can overrule first."""
    return _ORDER.get(code, len(_ORDER))


def found(code: str, *, passed: bool, details: Mapping[str, Any], currency: str, more: Mapping[str, str]) -> str:
    """The words for one condition; ``more`` fills what the details do not say. A code without words reads as itself."""
    words = CONDITIONS.get(code)
    if words is None:
        return code
    return str(words.passed) if passed else str(words.failed) % _Known(_readable(details, currency) | dict(more))


class _Known(dict[str, str]):
    """An old screening may lack a number that is shown today: a gap in a sentence, never a page that fails."""

    def __missing__(self, key: str) -> str:
        return "?"


def _readable(details: Mapping[str, Any], currency: str) -> dict[str, str]:
    shown = {key: _value(key, value, currency) for key, value in details.items()}
    amount = int(details.get("amount_euro_cents", 0))
    if "card_euro_cents" in details and amount:
        shown["card_share"] = str(int(details["card_euro_cents"]) * 100 // amount)
    return shown


def _value(key: str, value: Any, currency: str) -> str:
    if key.endswith("euro_cents"):
        return shown_money(Money(int(value), "EUR"))
    if key.endswith("_minor"):
        return shown_money(Money(int(value), currency))
    return str(value)


def shown_money(amount: Money) -> str:
    """The amount in the reader's language."""
    return format_money(amount, get_language() or "en")
