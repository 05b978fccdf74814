"""Withdrawals and bank accounts on the desk: a queue, one page per case, and the acts of officers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from accounts.devices.origin import origin_of
from accounts.staff.forms import RevealForm
from accounts.staff.policy import TITLES
from payments.banking import services as banking
from payments.banking.models import BankAccount, Withdrawal
from support.cases import acts, corrections, reading, selectors
from support.cases.forms import AskForm, CorrectForm, ProposeForm, RefuseForm, RejectForm
from support.cases.policy import ACCOUNT_WORDS, FIRST_TAB, OWNERS, TABS
from support.cases.presentation import account_box_of, case_of, line_of
from support.cases.rail import forget_counts, rail_of
from wallet_project.lib import clock
from wallet_project.lib.admin import ReadOnlyAdmin
from wallet_project.lib.describing import describe
from wallet_project.lib.errors import NotFound, WalletError

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from accounts.identity.requests import PersonRequest
    from wallet_project.lib.describing import Described


class CasePages(ReadOnlyAdmin):
    """What both kinds of pages share: the frame of the desk with the queues beside it."""

    def frame(self, request: Any, queue: str) -> dict[str, Any]:
        """The context of every page."""
        groups = request.user.groups.order_by("name").values_list("name", flat=True)
        return {
            **self.admin_site.each_context(request),
            "is_nav_sidebar_enabled": False,
            "opts": self.opts,
            "rail": rail_of(request.user),
            "queue": queue,
            "role": " · ".join(str(TITLES.get(name, name)) for name in groups),
        }

    def require_view(self, request: HttpRequest) -> None:
        """Raises PermissionDenied unless the officer may see these pages."""
        if not self.has_view_permission(request):
            raise PermissionDenied


@admin.register(Withdrawal)
class WithdrawalDesk(CasePages):
    """Every withdrawal that staff have to do with."""

    list_display = ["created_at", "status"]

    def get_urls(self) -> list[Any]:
        """Acts have addresses of their own, so that pages can be reloaded safely."""
        wrap = self.admin_site.admin_view
        return [
            path("<uuid:withdrawal_id>/act/<slug:act>/", wrap(self.act_view), name="payments_withdrawal_act"),
            path("<uuid:withdrawal_id>/reveal/", wrap(self.reveal_view), name="payments_withdrawal_reveal"),
            path(
                "<uuid:withdrawal_id>/propose/<slug:purpose>/",
                wrap(self.propose_view),
                name="payments_withdrawal_propose",
            ),
            *super().get_urls(),
        ]

    def changelist_view(self, request: Any, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The queue: oldest first, by tab and by owner, page after page."""
        self.require_view(request)
        tab = request.GET.get("tab", FIRST_TAB)
        owner = request.GET.get("owner", "all")
        if tab not in TABS or owner not in OWNERS:
            raise Http404
        try:
            page = selectors.queue_page(tab=tab, owner=owner, officer=request.user, after=request.GET.get("after", ""))
        except NotFound as unknown:
            raise Http404 from unknown
        at, counts = clock.now(), selectors.counts()
        context = self.frame(request, "withdrawals") | {
            "title": _("Withdrawals"),
            "tabs": [(name, one.title, counts.get(name)) for name, one in TABS.items()],
            "owners": OWNERS.items(),
            "tab": tab,
            "owner": owner,
            "lines": [line_of(row, page.failed.get(row.pk, []), at=at, waits=TABS[tab].waits) for row in page.rows],
            "after": page.after,
            "is_first": not request.GET.get("after"),
        }
        return render(request, "support/cases/queue.html", context)

    def change_view(
        self, request: Any, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """One withdrawal."""
        self.require_view(request)
        found = self.get_object(request, object_id)
        if found is None:
            raise Http404
        return self._page(request, found.pk)

    @method_decorator(require_POST)
    def act_view(self, request: PersonRequest, withdrawal_id: UUID, act: str) -> HttpResponse:
        """Claim, approve, ask, reject … What cannot be done is said on the page, with everything typed kept."""
        self.require_view(request)
        if act not in acts.ACTS:
            raise Http404
        sent = acts.Sent(act, request.POST)
        if not sent.is_valid():
            return self._page(request, withdrawal_id, sent=sent, status=422)
        try:
            done = acts.carry_out(
                sent, withdrawal_id=withdrawal_id, by=request.user, origin=origin_of(request), at=clock.now()
            )
        except WalletError as refusal:
            return self._page(request, withdrawal_id, sent=sent, problem=describe(refusal))
        forget_counts("withdrawals", "approvals")
        self.message_user(request, str(done), messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:payments_withdrawal_change", args=[withdrawal_id]))

    @method_decorator(require_POST)
    def reveal_view(self, request: PersonRequest, withdrawal_id: UUID) -> HttpResponse:
        """Shows whole contact data for a while; the reason is recorded and the customer can see it."""
        self.require_view(request)
        form = RevealForm(request.POST)
        if not form.is_valid():
            return self._page(request, withdrawal_id, reveal=form, status=422)
        try:
            withdrawal = selectors.withdrawal_by_id(withdrawal_id)
            reading.reveal(request, withdrawal.user, reason=form.cleaned_data["why"], about=withdrawal_id)
        except WalletError as refusal:
            return self._page(request, withdrawal_id, reveal=form, problem=describe(refusal))
        return HttpResponseRedirect(reverse("admin:payments_withdrawal_change", args=[withdrawal_id]) + "#person")

    @method_decorator(require_POST)
    def propose_view(self, request: PersonRequest, withdrawal_id: UUID, purpose: str) -> HttpResponse:
        """Asks a second officer to correct the payment. Nothing moves yet."""
        self.require_view(request)
        if purpose not in corrections.WAYS:
            raise Http404
        form = ProposeForm(request.POST)
        if not form.is_valid():
            return self._page(request, withdrawal_id, proposed=(purpose, form), status=422)
        try:
            approval = corrections.WAYS[purpose].propose(
                withdrawal_id=withdrawal_id,
                by=request.user,
                origin=origin_of(request),
                at=clock.now(),
                **form.cleaned_data,
            )
        except WalletError as refusal:
            return self._page(request, withdrawal_id, proposed=(purpose, form), problem=describe(refusal))
        forget_counts("withdrawals", "approvals")
        self.message_user(request, _("It is proposed. Another officer decides."), messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:accounts_approval_change", args=[approval.pk]))

    def _page(
        self,
        request: Any,
        withdrawal_id: UUID,
        *,
        sent: acts.Sent | None = None,
        proposed: tuple[str, ProposeForm] | None = None,
        reveal: RevealForm | None = None,
        problem: Described | None = None,
        status: int = 200,
    ) -> HttpResponse:
        try:
            withdrawal = selectors.withdrawal_by_id(withdrawal_id)
        except NotFound as unknown:
            raise Http404 from unknown
        revealed = reading.is_revealed(request, withdrawal.user)
        forms = {"reject": RejectForm(), "ask": AskForm(), "refuse": RefuseForm()}
        if sent is not None and sent.form is not None:
            forms[sent.act] = sent.form
        case = case_of(withdrawal, officer=request.user, revealed=revealed, at=clock.now())
        context = self.frame(request, "withdrawals") | {
            "case": case,
            "kept": sent.text if sent is not None and not case.decision.shows(sent.act) else "",
            "reject": forms["reject"],
            "ask": forms["ask"],
            "refuse": forms["refuse"],
            "opened": sent.act if sent is not None else "",
            "reveal": reveal or RevealForm(),
            "ways": corrections.ways_of(withdrawal, officer=request.user, proposed=proposed, at=clock.now()),
            "problem": problem,
        }
        return render(request, "support/cases/withdrawal.html", context, status=problem.status if problem else status)


@admin.register(BankAccount)
class BankAccountDesk(CasePages):
    """Bank accounts, masked. Holder and bank can be corrected by compliance; nobody sees or changes an IBAN here."""

    list_display = ["added_at", "masked", "status", "bank_name", "revision", "changed_at"]
    list_filter = ["status", "country"]
    words: ClassVar[Any] = {"status": ACCOUNT_WORDS}
    search_fields = ["=id", "=user__id"]
    search_help_text = _("The full id of the account or of its customer.")
    ordering = ["-id"]

    def get_urls(self) -> list[Any]:
        """The correction has an address of its own."""
        wrap = self.admin_site.admin_view
        correct = path("<uuid:account_id>/correct/", wrap(self.correct_view), name="payments_bankaccount_correct")
        return [correct, *super().get_urls()]

    @admin.display(description=_("account"))
    def masked(self, account: BankAccount) -> str:
        """``DE•• •••• 3000``"""
        return f"{account.country}•• •••• {account.iban_last4}"

    def change_view(
        self, request: Any, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """One bank account and what goes there."""
        self.require_view(request)
        found = self.get_object(request, object_id)
        if found is None:
            raise Http404
        return self._page(request, found.pk)

    @method_decorator(require_POST)
    def correct_view(self, request: PersonRequest, account_id: UUID) -> HttpResponse:
        """Corrects holder or BIC; every withdrawal to it is looked at again."""
        self.require_view(request)
        if not request.user.has_perm("payments.correct_bankaccount"):
            raise PermissionDenied
        form = CorrectForm(request.POST)
        if not form.is_valid():
            return self._page(request, account_id, form=form, status=422)
        sent = form.cleaned_data
        try:
            account = selectors.account_by_id(account_id)
            banking.correct_bank_account(
                by=request.user,
                account_id=account_id,
                holder_name=sent["holder_name"] or account.holder_name,
                bic=sent["bic"],
                reason=sent["reason"],
                origin=origin_of(request),
                at=clock.now(),
            )
        except WalletError as refusal:
            return self._page(request, account_id, form=form, problem=describe(refusal))
        forget_counts("withdrawals", "approvals")
        self.message_user(
            request, _("The bank account is corrected. Its withdrawals are reviewed again."), messages.SUCCESS
        )
        return HttpResponseRedirect(reverse("admin:payments_bankaccount_change", args=[account_id]))

    def _page(
        self,
        request: Any,
        account_id: UUID,
        *,
        form: CorrectForm | None = None,
        problem: Described | None = None,
        status: int = 200,
    ) -> HttpResponse:
        try:
            account = selectors.account_by_id(account_id)
        except NotFound as unknown:
            raise Http404 from unknown
        context = self.frame(request, "") | {
            "account": account_box_of(account),
            "can_correct": request.user.has_perm("payments.correct_bankaccount"),
            "correct": form or CorrectForm(initial={"bic": account.bic}),
            "problem": problem,
        }
        return render(request, "support/cases/bank_account.html", context, status=problem.status if problem else status)
