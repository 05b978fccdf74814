"""Pages of the desk that mask personal data until a reason is given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from accounts.staff import reading
from accounts.staff.errors import ReadingNotAllowed
from accounts.staff.forms import RevealForm
from accounts.staff.services import may_reveal
from wallet_project.lib.admin import ReadOnlyAdmin

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

HIDDEN = _("Hidden until you give a reason")


class RevealingAdmin(ReadOnlyAdmin):
    """A row whose page can be opened whole. ``reveals`` is the code of what is read (``TOLD_DATA``).

    A row read for its page carries ``is_revealed``; rows of a list never do, so lists stay masked.
    """

    reveals: str
    reveal_title: Any = _("Reveal")
    change_form_template = "admin/reveal_change_form.html"

    def record_reading(self, request: Any, row: Any, *, reason: str) -> None:
        """Writes down that the officer reads ``row``, and keeps it open. Raises ReadingNotAllowed."""
        raise NotImplementedError

    def get_urls(self) -> list[Any]:
        """Revealing has an address of its own, so that the page can be reloaded safely."""
        view = self.admin_site.admin_view(self.reveal_view)
        return [path("<uuid:row_id>/reveal/", view, name=self._url_name("reveal")), *super().get_urls()]

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """The row of a page, told whether it is open."""
        row = super().get_object(request, object_id, from_field)
        if row is not None:
            row.is_revealed = reading.is_revealed(request, what=self.reveals, of=row.pk)
        return row

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The page with the question why, for whoever may ask."""
        officer: Any = request.user
        row = self.get_object(request, object_id) if self.has_view_permission(request) else None
        context = {
            "reveal": RevealForm(),
            "reveal_title": self.reveal_title,
            "reveal_url": reverse(f"admin:{self._url_name('reveal')}", args=[row.pk]) if row is not None else "",
            "is_revealed": row is not None and row.is_revealed,
            "can_reveal": may_reveal(officer),
        }
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))

    @method_decorator(require_POST)
    def reveal_view(self, request: HttpRequest, row_id: UUID) -> HttpResponse:
        """Shows whole data for a while; the reason is recorded and the customer can see it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        row = self.get_object(request, str(row_id))
        if row is None:
            raise Http404
        form = RevealForm(request.POST)
        if form.is_valid():
            try:
                self.record_reading(request, row, reason=form.cleaned_data["why"])
            except ReadingNotAllowed as refusal:
                raise PermissionDenied from refusal
        else:
            self.message_user(request, _("Choose a reason first. Nothing was revealed."), messages.ERROR)
        return HttpResponseRedirect(reverse(f"admin:{self._url_name('change')}", args=[row_id]))

    def _url_name(self, page: str) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{page}"
