"""The books on the desk, to read. Corrections are new entries, made by services."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import OuterRef, Q, Subquery, Sum
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from ledger import presentation, selectors
from ledger.models import Account, Balance, Check, Checkpoint, Entry, Hold
from wallet_project.lib.admin import ReadOnlyAdmin

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse


class LedgerAdmin(ReadOnlyAdmin):
    """Rows are found by full ids, through the keys: the books are too many to be read for a search."""

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """The rows of which one of ``search_fields`` is exactly this."""
        wanted = search_term.strip()
        if not wanted:
            return queryset, False
        found = Q(pk__in=[])
        for name in (field.removeprefix("=") for field in self.search_fields):
            field = self.model._meta.get_field(name)
            with suppress(ValidationError):
                found |= Q(**{name: field.clean(wanted, None)})
        return queryset.filter(found), False


@admin.register(Account)
class AccountAdmin(LedgerAdmin):
    """An account with what is on it and what it may do; its latest lines and holds; the trial balance of all."""

    list_display = (
        "id", "owner_kind", "owner_id", "code", "currency", "posted", "held", "limits", "standing", "opened_at",
    )  # fmt: skip
    list_filter = ("code", "currency", "owner_kind")
    search_fields = ("=id", "=public_id", "=owner_id")
    search_help_text = _("The full id of an account or of its owner.")
    ordering = ("-id",)
    readonly_fields = ("posted", "held", "limits", "standing", "open_holds", "latest")
    change_list_template = "admin/ledger/account/change_list.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Account]:
        """Each account with the sums of its stripes: one statement for the whole page."""
        own = Balance.objects.filter(account=OuterRef("id")).order_by().values("account")
        first = Balance.objects.filter(account=OuterRef("id"), stripe=0)
        rows: QuerySet[Account] = (
            super()
            .get_queryset(request)
            .annotate(
                posted_minor=Subquery(own.annotate(total=Sum("posted")).values("total")),
                held_minor=Subquery(own.annotate(total=Sum("held")).values("total")),
                floor_minor=Subquery(first.values("floor")),
                ceiling_minor=Subquery(first.values("ceiling")),
                flags=Subquery(first.values("flags")),
            )
        )
        return rows

    def get_urls(self) -> list[URLPattern]:
        """The trial balance beside the list."""
        page = path("trial-balance/", self.admin_site.admin_view(self.trial_balance), name="ledger_trial_balance")
        return [page, *super().get_urls()]

    def trial_balance(self, request: HttpRequest) -> HttpResponse:
        """All accounts by code and currency; a currency whose sum is not zero stands out."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        rows = selectors.trial_balance()
        sums: dict[str, int] = {}
        for row in rows:
            sums[row.currency] = sums.get(row.currency, 0) + row.posted_minor
        shown = [
            {
                "code": row.code,
                "kind": row.kind,
                "currency": row.currency,
                "accounts": row.accounts,
                "debit": presentation.amount(-row.posted_minor, row.currency) if row.posted_minor < 0 else "",
                "credit": presentation.amount(row.posted_minor, row.currency) if row.posted_minor > 0 else "",
                "held": presentation.amount(row.held_minor, row.currency) if row.held_minor else "",
            }
            for row in rows
            if row.posted_minor or row.held_minor
        ]
        context = {
            **self.admin_site.each_context(request),
            "title": _("Trial balance"),
            "opts": self.model._meta,
            "rows": shown,
            "wrong": [presentation.amount(minor, currency) for currency, minor in sums.items() if minor],
        }
        return TemplateResponse(request, "admin/ledger/account/trial_balance.html", context)

    @admin.display(description=_("on the account"))
    def posted(self, account: Any) -> str:
        """All that is posted."""
        return presentation.amount(int(account.posted_minor), account.currency)

    @admin.display(description=_("held"))
    def held(self, account: Any) -> str:
        """What of it is reserved."""
        return presentation.amount(int(account.held_minor), account.currency)

    @admin.display(description=_("floor and ceiling"))
    def limits(self, account: Any) -> str:
        """How low and how high it may go."""
        low, high = (
            presentation.amount(minor, account.currency) for minor in (account.floor_minor, account.ceiling_minor)
        )
        return f"{low} … {high}"

    @admin.display(description=_("standing"))
    def standing(self, account: Any) -> str:
        """Open, frozen or closed."""
        return presentation.standing(account.flags)

    @admin.display(description=_("open holds"))
    def open_holds(self, account: Account) -> str:
        """What is set aside and until when."""
        rows = (
            (hold.reason, presentation.amount(hold.remaining_minor, account.currency), hold.expires_at or "–", hold.id)
            for hold in selectors.open_holds(account.id)
        )
        body = format_html_join("", "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>", rows)
        return format_html("<table>{}</table>", body)

    @admin.display(description=_("latest lines"))
    def latest(self, account: Account) -> str:
        """The newest fifty lines, as a T-account."""
        lines = selectors.postings_page(account_id=account.id).postings
        return presentation.t_account(lines)


@admin.register(Entry)
class EntryAdmin(LedgerAdmin):
    """An entry and its lines."""

    list_display = ("id", "kind", "actor", "reference", "effective_at", "created_at")
    list_filter = ("kind",)
    search_fields = ("=id", "=reference")
    search_help_text = _("The full id of an entry, or its reference.")
    ordering = ("-id",)
    fields = ("id", "kind", "actor", "reference", "details", "reverses", "effective_at", "created_at", "lines")
    readonly_fields = fields

    @admin.display(description=_("lines"))
    def lines(self, entry: Entry) -> str:
        """Debits on the left, credits on the right."""
        lines = selectors.entry_with_postings(entry.id).postings
        accounts = selectors.accounts(sorted({line.account_id for line in lines}))
        return presentation.t_accounts(lines, accounts)


@admin.register(Hold)
class HoldAdmin(LedgerAdmin):
    """A hold as it stands."""

    list_display = ("id", "account", "reason", "state", "whole", "captured_of_it", "released_of_it", "expires_at")
    list_filter = ("state", "reason")
    search_fields = ("=id", "=account")
    search_help_text = _("The full id of a hold or of an account.")
    ordering = ("-id",)
    fields = (
        "id", "account", "destination", "reason", "state", "whole", "captured_of_it", "released_of_it", "created_at",
        "expires_at",
    )  # fmt: skip
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Hold]:
        """Each hold with the currency of its account."""
        currency = Account.objects.filter(id=OuterRef("account")).values("currency")
        rows: QuerySet[Hold] = super().get_queryset(request).annotate(currency=Subquery(currency))
        return rows

    @admin.display(description=_("Amount"), ordering="amount")
    def whole(self, hold: Any) -> str:
        """What was set aside."""
        return presentation.amount(hold.amount, hold.currency)

    @admin.display(description=_("captured"), ordering="captured")
    def captured_of_it(self, hold: Any) -> str:
        """What of it was paid out."""
        return presentation.amount(hold.captured, hold.currency)

    @admin.display(description=_("released"), ordering="released")
    def released_of_it(self, hold: Any) -> str:
        """What of it was given back."""
        return presentation.amount(hold.released, hold.currency)


@admin.register(Checkpoint)
class CheckpointAdmin(ReadOnlyAdmin):
    """What was signed, the newest first."""

    list_display = ("no", "created_at", "count", "watermark", "root_text", "key_id")
    ordering = ("-no",)
    fields = ("no", "created_at", "count", "watermark", "root_text", "previous_text", "key_id")
    readonly_fields = fields

    @admin.display(description=_("root"))
    def root_text(self, checkpoint: Checkpoint) -> str:
        """The Merkle root."""
        return bytes(checkpoint.root).hex()

    @admin.display(description=_("root before"))
    def previous_text(self, checkpoint: Checkpoint) -> str:
        """The root of the checkpoint before it."""
        return "–" if checkpoint.previous_root is None else bytes(checkpoint.previous_root).hex()


@admin.register(Check)
class CheckAdmin(ReadOnlyAdmin):
    """What check_ledger found, the newest first, with the first wrong rows."""

    list_display = ("no", "begun_at", "postings", "seconds", "since", "right")
    ordering = ("-no",)
    fields = ("no", "begun_at", "postings", "seconds", "since", "right", "rows")
    readonly_fields = fields

    @admin.display(description=_("seconds"))
    def seconds(self, check: Check) -> str:
        """How long it took."""
        return f"{check.took_ms // 1000}.{check.took_ms % 1000 // 100}"

    @admin.display(description=_("right"), boolean=True)
    def right(self, check: Check) -> bool:
        """Whether nothing was wrong."""
        return not check.wrong

    @admin.display(description=_("first wrong rows"))
    def rows(self, check: Check) -> str:
        """Which check, where, and what was found."""
        if not check.wrong:
            return "–"
        body = format_html_join("", "<tr><td>{}</td><td>{}</td><td>{}</td></tr>", (tuple(row) for row in check.wrong))
        return format_html("<table>{}</table>", body)
