"""Proposals on the desk: the list, and one page with the diff and the decision."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from accounts.approvals import selectors, services
from accounts.approvals.forms import DecisionForm
from accounts.approvals.models import Approval, Status
from accounts.approvals.registry import ApprovalPurpose, Line, purposes
from accounts.devices.origin import origin_of
from wallet_project.lib import clock
from wallet_project.lib.admin import ReadOnlyAdmin
from wallet_project.lib.describing import describe
from wallet_project.lib.errors import WalletError

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from accounts.identity.requests import PersonRequest


VOID_BECAUSE = {
    "account_corrected": _("The bank account was corrected."),
    "cancelled": _("The customer cancelled it."),
    "maker_left": _("Who proposed it may no longer propose it."),
    "payload_changed": _("What was proposed has changed."),
    "recheck_failed": _("A condition no longer held when it was checked again. Its page shows the new result."),
    "rejected": _("It was rejected."),
}
"""What the page says of a proposal that nobody may agree to any more."""


@admin.register(Approval)
class ApprovalAdmin(ReadOnlyAdmin):
    """Who proposed what; each opens on a page of its own."""

    list_display = ["proposed_at", "what", "status", "made_by", "checked_by", "expires_at"]
    list_filter = ["status", "purpose"]
    list_select_related = ["maker", "checker"]

    @property
    def words(self) -> dict[str, dict[str, Any]]:  # type: ignore[override]  # the registry fills later
        """The purposes by their titles, as the rooms have registered them."""
        return {"purpose": {name: purpose.title for name, purpose in purposes.items()}}

    search_fields = ["=subject_id"]
    search_help_text = _("The full id of what it is about.")
    ordering = ["-id"]

    def get_urls(self) -> list[Any]:
        """The decision has an address of its own, so that the page can be reloaded safely."""
        decide = path(
            "<uuid:approval_id>/decide/",
            self.admin_site.admin_view(self.decide_view),
            name="accounts_approval_decide",
        )
        return [decide, *super().get_urls()]

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The queue opens on what waits for a decision; the filter shows the rest."""
        if not request.GET:
            chosen: Any = request.GET.copy()
            chosen["status__exact"] = Status.PROPOSED.value
            request.GET = chosen
        return super().get_changelist_instance(request)

    @admin.display(description=_("act"))
    def what(self, approval: Approval) -> str:
        """The act's name."""
        return str(purposes[approval.purpose].title)

    @admin.display(description=_("proposed by"))
    def made_by(self, approval: Approval) -> str:
        """The maker's handle."""
        return approval.maker.handle or "—"

    @admin.display(description=_("decided by"))
    def checked_by(self, approval: Approval) -> str:
        """The checker's handle."""
        return (approval.checker.handle if approval.checker is not None else None) or "—"

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """One proposal with its diff, and the decision for whoever may take it."""
        approval = self.get_object(request, object_id)
        if approval is None:
            raise Http404
        self._require_view(request, approval)
        return self._page(request, approval, DecisionForm())

    @method_decorator(require_POST)
    def decide_view(self, request: PersonRequest, approval_id: UUID) -> HttpResponse:
        """Approve or refuse. What cannot be done is said on the page, with everything typed kept."""
        approval = selectors.approval_by_id(approval_id)
        self._require_view(request, approval)
        form = DecisionForm(request.POST)
        form.is_valid()
        values: dict[str, Any] = {
            "approval_id": approval_id,
            "checker": request.user,
            "origin": origin_of(request),
            "at": clock.now(),
        }
        try:
            if form.cleaned_data.get("decision") == "approve":
                services.approve(**values)
                done = _("It is approved and done.")
            else:
                services.refuse(reason=form.cleaned_data.get("reason", ""), **values)
                done = _("It is refused.")
        except WalletError as refusal:
            told = describe(refusal)
            return self._page(request, selectors.approval_by_id(approval_id), form, problem=told, status=told.status)
        self.message_user(request, done, messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:accounts_approval_change", args=[approval_id]))

    def _page(
        self, request: HttpRequest, approval: Approval, form: DecisionForm, *, problem: Any = None, status: int = 200
    ) -> HttpResponse:
        purpose = purposes[approval.purpose]
        may_decide = request.user.has_perm(purpose.permission)
        lines = selectors.differences(approval)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": purpose.title,
            "approval": selectors.approval_by_id(approval.pk),
            "differences": lines,
            "compares": any(line.before is not None for line in lines),
            "evidence": self._evidence(approval, purpose),
            "why_void": VOID_BECAUSE.get(self._cause(approval), ""),
            "subject_url": purpose.url(approval.subject_id) if purpose.url is not None else "",
            "is_open": approval.status == Status.PROPOSED,
            "is_mine": approval.maker_id == request.user.pk,
            "may_decide": may_decide,
            "decision": form,
            "problem": problem,
        }
        return render(request, "accounts/approvals/approval.html", context, status=status)

    def _evidence(self, approval: Approval, purpose: ApprovalPurpose) -> list[Line]:
        """What is known now, while there is something to decide."""
        if purpose.evidence is None or approval.status != Status.PROPOSED:
            return []
        return list(purpose.evidence(approval.subject_id))

    def _cause(self, approval: Approval) -> str:
        """Why it became void, as a code."""
        moved = approval.events.filter(to_status=Status.VOIDED).first()
        return moved.cause if moved is not None else ""

    def _require_view(self, request: HttpRequest, approval: Approval) -> None:
        if not self.has_view_permission(request, approval):
            raise PermissionDenied
