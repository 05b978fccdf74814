"""People on the desk: found by whole id, handle or contact, shown masked, revealed with a reason, frozen, unfrozen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.devices.origin import origin_of
from accounts.identity import services
from accounts.identity.models import User
from accounts.identity.policy import IdentifierMalformed, mask_email, mask_name, mask_phone
from accounts.identity.selectors import find_person
from accounts.staff import reading
from accounts.staff.desk import RevealingAdmin
from wallet_project.lib import clock, ids
from wallet_project.lib.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import QuerySet
    from django.http import HttpRequest


@admin.register(User)
class PersonAdmin(RevealingAdmin):
    """Lists are masked; the page of one person shows their contact data to who says why."""

    reveals = "contact"
    reveal_title = _("Reveal e-mail and phone")

    fields = [
        "public_id",
        "handle",
        "masked_name",
        "masked_email",
        "masked_phone",
        "state",
        "tier",
        "country",
        "language",
        "date_joined",
        "verified_at",
        "last_login",
        "is_staff",
        "groups",
    ]
    list_display = [
        "public_id",
        "handle",
        "masked_email",
        "masked_phone",
        "state",
        "tier",
        "verified_at",
    ]
    list_filter = ["state", "tier", "is_staff", "country"]
    search_fields = ["handle"]
    search_help_text = _("The full id, handle, e-mail address or phone number.")
    ordering = ["-id"]
    actions = ["freeze", "unfreeze"]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[User], search_term: str
    ) -> tuple[QuerySet[User], bool]:
        """Exact matches only: columns are sealed, and browsing people by parts of names is nobody's work."""
        if not search_term:
            return queryset, False
        return queryset.filter(pk__in=_matches(search_term)), False

    @admin.display(description=_("id"))
    def public_id(self, person: User) -> str:
        """``usr_…``"""
        return person.public_id

    @admin.display(description=_("name"))
    def masked_name(self, person: User) -> str:
        """The beginning of the name."""
        return mask_name(person.shown_name) if person.shown_name else "—"

    @admin.display(description=_("e-mail"))
    def masked_email(self, person: User) -> str:
        """The beginning of the address, or all of it."""
        return _shown(person, person.email, mask_email)

    @admin.display(description=_("phone"))
    def masked_phone(self, person: User) -> str:
        """Some of the digits, or all of them."""
        return _shown(person, person.phone, mask_phone)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """With the way to the person's security events, for whoever may see those."""
        may_see = request.user.has_perm("accounts.view_securityeventrecord")
        return [*self.fields, "security_events"] if may_see else list(self.fields)

    @admin.display(description=_("security events"))
    def security_events(self, person: User) -> str:
        """A link to the list, found by the person's id."""
        path = reverse("admin:accounts_securityeventrecord_changelist")
        return format_html('<a href="{}?q={}">{}</a>', path, person.public_id, _("Show"))

    def record_reading(self, request: Any, row: Any, *, reason: str) -> None:
        """The person is what it is about."""
        reading.reveal(request, row, what=self.reveals, of=row.pk, reason=reason, about=row.pk)

    def has_freeze_permission(self, request: HttpRequest) -> bool:
        """Whoever may change people, although no form here does."""
        return bool(request.user.has_perm("accounts.change_user"))

    @admin.action(description=_("Freeze: sign out everywhere, receive only"), permissions=["freeze"])
    def freeze(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        """Freezes each active one."""
        for person in chosen.filter(state=User.State.ACTIVE):
            services.freeze(user=person, by=f"staff:{request.user.pk}", at=clock.now(), origin=origin_of(request))
        self._say(request, len(chosen))

    @admin.action(description=_("End the freeze"), permissions=["freeze"])
    def unfreeze(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        """Unfreezes each frozen one."""
        for person in chosen.filter(state=User.State.FROZEN):
            services.unfreeze(user=person, by=f"staff:{request.user.pk}", at=clock.now(), origin=origin_of(request))
        self._say(request, len(chosen))

    def _say(self, request: HttpRequest, count: int) -> None:
        text = ngettext("%(count)d account was updated.", "%(count)d accounts were updated.", count)
        self.message_user(request, text % {"count": count}, messages.SUCCESS)


def _shown(person: User, contact: str, mask: Callable[[str], str]) -> str:
    if not contact:
        return "—"
    return contact if getattr(person, "is_revealed", False) else mask(contact)


def _matches(text: str) -> list[Any]:
    try:
        return [ids.parse("usr", text.strip())]
    except NotFound:
        pass
    try:
        found = find_person(text).user
    except IdentifierMalformed:
        return []
    return [found.pk] if found is not None else []
