"""The desk: Django's admin, for staff with a second factor only.

Staff sign in where everybody does; the desk takes no password itself. Its index shows the queues that rooms
registered (``lib.desk``) with how many items wait and since when.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.contrib.auth import REDIRECT_FIELD_NAME, logout
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST
from django_otp.admin import OTPAdminSite

from accounts.mfa import gate
from accounts.staff.network import is_inside
from wallet_project.column_words import name_columns
from wallet_project.lib.admin import ReadOnlyAdmin
from wallet_project.lib.client_ip import client_ip
from wallet_project.lib.desk import queues
from wallet_project.lib.ratelimit import limited

if TYPE_CHECKING:
    from django.contrib import admin
    from django.http import HttpRequest, HttpResponse


class WalletAdminSite(OTPAdminSite):
    """Every page asks for staff, a staff session and a second factor that was used in it and still exists."""

    site_header = _("Desk")
    site_title = _("Desk")
    index_title = _("What is waiting")
    site_url = None

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)

    def register(
        self, model_or_iterable: Any, admin_class: type[admin.ModelAdmin[Any]] | None = None, **options: Any
    ) -> None:
        """Only pages that merely show come in.

        Django's and allauth's own bring forms by which staff could change somebody's address, delete their second
        factor or give themselves rights, beside every service and unrecorded.
        """
        if admin_class is not None and issubclass(admin_class, ReadOnlyAdmin):
            super().register(model_or_iterable, admin_class, **options)
            for model in [model_or_iterable] if isinstance(model_or_iterable, type) else model_or_iterable:
                name_columns(model)

    def has_permission(self, request: HttpRequest) -> bool:
        """Judged anew at each request: removing the factor or the staff mark closes the desk at once."""
        user = request.user
        if not is_inside(client_ip(request)):
            return False
        if not user.is_authenticated or not (user.is_active and user.is_staff and gate.is_staff_session(request)):
            return False
        return gate.adopt_second_factor(request, user)

    @method_decorator(never_cache)
    @method_decorator(limited("signin"))
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Sends each to what they lack: a sign-in, a second factor, or its proof in this session."""
        back = self._back(request)
        if self.has_permission(request):
            return HttpResponseRedirect(back)
        user = request.user
        if not user.is_authenticated:
            return _to("account_login", back)
        if not user.is_staff:
            raise PermissionDenied
        if not gate.is_staff_session(request):  # made staff after they signed in: that session lives too long
            logout(request)
            return _to("account_login", back)
        return _to("mfa_reauthenticate" if gate.has_second_factor(user) else "mfa_activate_totp", back)

    @method_decorator(never_cache)
    @method_decorator(require_POST)
    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Ends the session and shows the sign-in."""
        logout(request)
        return HttpResponseRedirect(reverse("account_login"))

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """There is one page for passwords; it also ends the other sessions."""
        return HttpResponseRedirect(reverse("account_change_password"))

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The queues this member of staff may see, with how many wait and since when."""
        return super().index(request, {**(extra_context or {}), "queues": waiting_queues(request)})

    def _back(self, request: HttpRequest) -> str:
        wanted = request.GET.get(REDIRECT_FIELD_NAME) or request.POST.get(REDIRECT_FIELD_NAME) or ""
        ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
        return wanted if wanted.startswith(reverse("admin:index")) and ours else reverse("admin:index")


def waiting_queues(request: HttpRequest) -> list[dict[str, Any]]:
    """One row per queue: title, address, count and the moment the oldest item came."""
    rows = []
    for name, queue in queues.items():
        if request.user.has_perm(queue.permission):
            waiting = queue.measure()
            rows.append(
                {
                    "name": name,
                    "title": queue.title,
                    "url": reverse(queue.url_name),
                    "count": waiting.count,
                    "oldest_at": waiting.oldest_at,
                }
            )
    return rows


def _to(name: str, back: str) -> HttpResponseRedirect:
    return HttpResponseRedirect(f"{reverse(name)}?{urlencode({REDIRECT_FIELD_NAME: back})}")
