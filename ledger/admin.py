"""The books on the desk, to read. Corrections are new entries, made by services."""

from __future__ import annotations

from django.contrib import admin
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from ledger import selectors
from ledger.formatting import format_money
from ledger.models import Account, Entry, Hold
from ledger.money import Money
from wallet_project.lib.admin import ReadOnlyAdmin


@admin.register(Account)
class AccountAdmin(ReadOnlyAdmin):
    """An account, what is on it and its latest lines."""

    list_display = ("id", "owner_kind", "owner_id", "code", "currency", "opened_at", "closed_at")
    list_filter = ("code", "currency", "owner_kind")
    search_fields = ("=id", "=public_id", "=owner_id")
    ordering = ("-id",)
    readonly_fields = ("posted", "held", "latest")

    @admin.display(description=_("on the account"))
    def posted(self, account: Account) -> str:
        """All that is posted."""
        return format_money(Money(selectors.balance_now(account.id).posted_minor, account.currency), with_code=True)

    @admin.display(description=_("held"))
    def held(self, account: Account) -> str:
        """What of it is reserved."""
        return format_money(Money(selectors.balance_now(account.id).held_minor, account.currency), with_code=True)

    @admin.display(description=_("latest lines"))
    def latest(self, account: Account) -> str:
        """The newest fifty lines."""
        lines = selectors.postings_page(account_id=account.id).postings
        rows = (
            (
                line.created_at.isoformat(timespec="seconds"),
                format_money(Money(line.amount_minor, line.currency), with_code=True, sign=True),
                format_money(Money(line.posted_after_minor, line.currency), with_code=True),
                line.entry_id,
            )
            for line in lines
        )
        body = format_html_join("", "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>", rows)
        return format_html("<table>{}</table>", body)


@admin.register(Entry)
class EntryAdmin(ReadOnlyAdmin):
    """An entry and its lines."""

    list_display = ("id", "kind", "actor", "reference", "effective_at", "created_at")
    search_fields = ("=id", "=reference")
    ordering = ("-id",)
    fields = ("id", "kind", "actor", "reference", "details", "reverses", "effective_at", "created_at", "lines")
    readonly_fields = fields

    @admin.display(description=_("lines"))
    def lines(self, entry: Entry) -> str:
        """Each line with its account and amount."""
        rows = (
            (
                line.line,
                line.account_id,
                line.stripe,
                format_money(Money(line.amount_minor, line.currency), with_code=True, sign=True),
            )
            for line in selectors.entry_with_postings(entry.id).postings
        )
        body = format_html_join("", "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>", rows)
        return format_html("<table>{}</table>", body)


@admin.register(Hold)
class HoldAdmin(ReadOnlyAdmin):
    """A hold as it stands."""

    list_display = ("id", "account", "reason", "state", "amount", "captured", "released", "expires_at")
    list_filter = ("state", "reason")
    search_fields = ("=id", "=account")
    ordering = ("-id",)
