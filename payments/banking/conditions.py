"""When a withdrawal needs no person: every condition by name, over plain facts. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from payments.banking.policy import CARD_SHARE_PER_CENT, AutoCap

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known at the moment of screening. Amounts are euro cents; names are compared before they come here."""

    is_person_active: bool
    is_wallet_open: bool
    has_verified_contact: bool
    tier: int
    amount_euro_cents: int
    day_euro_cents: int
    has_cooled_off: bool
    do_names_match: bool
    others_with_account: int
    maturing_minor: int
    card_money_euro_cents: int
    owed_minor: int
    has_reduced_limits: bool
    security_changes: int
    is_hold_open: bool
    is_account_unchanged: bool


@dataclass(frozen=True, slots=True)
class Condition:
    """One line of the list. ``details`` are numbers and codes."""

    code: str
    passed: bool
    details: Mapping[str, int] = field(default_factory=dict)


CODES = (
    "person_active",
    "wallet_open",
    "hold_open",
    "account_unchanged",
    "contact_verified",
    "tier_allows",
    "day_total",
    "account_cooled_off",
    "holder_name_matches",
    "account_not_shared",
    "funds_matured",
    "card_money_share",
    "no_debt",
    "security_settled",
)
"""Every condition, in the order of evaluation."""

MUST_HOLD = ("person_active", "wallet_open", "hold_open", "account_unchanged")
"""What no officer can overrule: without these an approval is refused (RecheckFailed)."""


def evaluate(facts: Facts) -> tuple[Condition, ...]:
    """Every condition in the order the desk shows them. All passed: the rules approve."""
    each, day = AutoCap.of(AutoCap.EACH, facts.tier), AutoCap.of(AutoCap.DAY, facts.tier)
    card_share = facts.card_money_euro_cents * 100
    return (
        Condition("person_active", facts.is_person_active),
        Condition("wallet_open", facts.is_wallet_open),
        Condition("hold_open", facts.is_hold_open),
        Condition("account_unchanged", facts.is_account_unchanged),
        Condition("contact_verified", facts.has_verified_contact),
        Condition(
            "tier_allows",
            facts.amount_euro_cents <= each,
            {"tier": facts.tier, "amount_euro_cents": facts.amount_euro_cents, "cap_euro_cents": each},
        ),
        Condition(
            "day_total",
            facts.day_euro_cents <= day,
            {"day_euro_cents": facts.day_euro_cents, "cap_euro_cents": day},
        ),
        Condition("account_cooled_off", facts.has_cooled_off),
        Condition("holder_name_matches", facts.do_names_match),
        Condition("account_not_shared", facts.others_with_account == 0, {"others": facts.others_with_account}),
        Condition("funds_matured", facts.maturing_minor == 0, {"maturing_minor": facts.maturing_minor}),
        Condition(
            "card_money_share",
            card_share < facts.amount_euro_cents * CARD_SHARE_PER_CENT,
            {"card_euro_cents": facts.card_money_euro_cents, "amount_euro_cents": facts.amount_euro_cents},
        ),
        Condition("no_debt", facts.owed_minor == 0, {"owed_minor": facts.owed_minor}),
        Condition(
            "security_settled",
            not facts.has_reduced_limits and facts.security_changes == 0,
            {"changes": facts.security_changes},
        ),
    )


def failing(conditions: tuple[Condition, ...]) -> tuple[str, ...]:
    """The codes of what did not hold."""
    return tuple(condition.code for condition in conditions if not condition.passed)


def blocking(conditions: tuple[Condition, ...]) -> tuple[str, ...]:
    """Of these, what nobody may overrule."""
    return tuple(code for code in failing(conditions) if code in MUST_HOLD)
