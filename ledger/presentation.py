"""How the books are shown: T-accounts, and what an account may do. Values in, words out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _

from ledger.formatting import format_money
from ledger.models import FLAG_CLOSED, FLAG_NO_CREDIT, FLAG_NO_DEBIT
from ledger.money import Money

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from django.utils.safestring import SafeString

    from ledger.facts import AccountView, PostingView


def amount(minor: int | None, currency: str) -> str:
    """An amount with its currency's code; a dash for none."""
    return "–" if minor is None else format_money(Money(minor, currency), with_code=True)


def standing(flags: int) -> str:
    """What the flags of an account mean."""
    if flags & FLAG_CLOSED:
        return _("closed")
    stopped = [
        word for flag, word in ((FLAG_NO_DEBIT, _("no debits")), (FLAG_NO_CREDIT, _("no credits"))) if flags & flag
    ]
    return ", ".join(stopped) or _("open")


def account_name(account: AccountView | None, account_id: int) -> str:
    """``wallet EUR · person 1f2e…``, as staff look for it."""
    if account is None:
        return str(account_id)
    return f"{account.code} {account.currency} · {account.owner_kind} {account.owner_id}"


def t_accounts(lines: Sequence[PostingView], accounts: Mapping[int, AccountView]) -> SafeString:
    """An entry with debits on the left and credits on the right, one row per line, and the sum of both per currency.

    Amounts in the books are credit-positive; here each side shows what it is, without a sign.
    """
    rows = [
        (
            line.line,
            account_name(accounts.get(line.account_id), line.account_id),
            line.stripe,
            amount(-line.amount_minor, line.currency) if line.amount_minor < 0 else "",
            amount(line.amount_minor, line.currency) if line.amount_minor > 0 else "",
            amount(line.posted_after_minor, line.currency),
        )
        for line in lines
    ]
    currencies = sorted({line.currency for line in lines})
    sums = [
        (
            currency,
            amount(
                -sum(line.amount_minor for line in lines if line.currency == currency and line.amount_minor < 0),
                currency,
            ),
            amount(
                sum(line.amount_minor for line in lines if line.currency == currency and line.amount_minor > 0),
                currency,
            ),
        )
        for currency in currencies
    ]
    head = (_("line"), _("account"), _("stripe"), _("debit"), _("credit"), _("balance after"))
    return format_html(
        "<table><thead><tr>{}</tr></thead><tbody>{}</tbody><tfoot>{}</tfoot></table>",
        format_html_join("", '<th scope="col">{}</th>', ((word,) for word in head)),
        format_html_join("", "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>", rows),
        format_html_join("", '<tr><td colspan="3">{}</td><td>{}</td><td>{}</td><td></td></tr>', sums),
    )


def t_account(lines: Sequence[PostingView]) -> SafeString:
    """The lines of one account, the newest first."""
    rows = (
        (
            line.created_at.isoformat(timespec="seconds"),
            amount(-line.amount_minor, line.currency) if line.amount_minor < 0 else "",
            amount(line.amount_minor, line.currency) if line.amount_minor > 0 else "",
            amount(line.posted_after_minor, line.currency),
            line.entry_id,
        )
        for line in lines
    )
    head = (_("recorded"), _("debit"), _("credit"), _("balance after"), _("entry"))
    return format_html(
        "<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>",
        format_html_join("", '<th scope="col">{}</th>', ((word,) for word in head)),
        format_html_join("", "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>", rows),
    )
