"""Onboarding, settings and the language switch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST
from django.views.i18n import set_language as django_set_language

from accounts.devices.origin import origin_of
from accounts.identity import services
from accounts.identity.forms import HandleForm, ProfileForm
from accounts.identity.models import User
from accounts.identity.zones import zone_choices
from accounts.jurisdictions.policy import choices as country_choices
from wallet_project.lib import clock
from wallet_project.lib.describing import catalogue, describe
from wallet_project.lib.errors import Invalid, WalletError
from wallet_project.lib.ratelimit import limited
from wallet_project.lib.theme import remember

if TYPE_CHECKING:
    from django import forms
    from django.http import HttpRequest, HttpResponse

PROFILE_FIELDS = (
    "handle",
    "shown_name",
    "language",
    "country",
    "time_zone",
    "theme",
    "discoverable_by_handle",
    "discoverable_by_email",
    "discoverable_by_phone",
)
OPTIONAL_TEXT = ("handle", "shown_name")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@limited("security")
def welcome(request: HttpRequest) -> HttpResponse:
    """Right after sign-up: a handle and a name, or later."""
    person = _person(request)
    form = HandleForm(request.POST if request.method == "POST" else None, initial=_profile(person))
    if request.method == "POST" and _saved(request, form):
        return redirect("home")
    return render(request, "accounts/identity/welcome.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@limited("security")
def profile(request: HttpRequest) -> HttpResponse:
    """How the wallet knows and shows somebody."""
    person = _person(request)
    data = request.POST if request.method == "POST" else None
    form = ProfileForm(data, initial=_profile(person), choices=_choices(person))
    if request.method == "POST" and _saved(request, form):
        person = _person(request)
        with translation.override(person.language):
            messages.success(request, _("Your settings are saved."))
        response = redirect("settings")
        remember(response, person.theme)
        _remember_language(response, person.language)
        return response
    return render(request, "accounts/identity/settings.html", {"form": form}, status=422 if form.errors else 200)


@require_POST
@limited("public")
def set_language(request: HttpRequest) -> HttpResponse:
    """The switch on every page: for this browser, and for the person when signed in."""
    language = request.POST.get("language", "")
    if request.user.is_authenticated and language in dict(settings.LANGUAGES):
        services.set_language(user=_person(request), language=language, at=clock.now(), origin=origin_of(request))
    return django_set_language(request)


def _remember_language(response: HttpResponse, language: str) -> None:
    """The browser keeps the language of whoever signed out."""
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        samesite="Lax",
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
    )


def _person(request: HttpRequest) -> User:
    user: Any = request.user
    return User.objects.get(pk=user.pk)


def _profile(person: User) -> dict[str, Any]:
    return {field: getattr(person, field) for field in PROFILE_FIELDS}


def _choices(person: User) -> dict[str, list[tuple[str, str]]]:
    return {
        "language": list(settings.LANGUAGES),
        "country": country_choices(),
        "time_zone": zone_choices(chosen=person.time_zone),
        "theme": [(str(value), str(label)) for value, label in User.Theme.choices],
    }


def _saved(request: HttpRequest, form: forms.Form) -> bool:
    """One service call; a refusal is said at its field."""
    if not form.is_valid():
        return False
    changes = {name: value for name, value in form.cleaned_data.items() if value or name not in OPTIONAL_TEXT}
    changes = {name: value for name, value in changes.items() if value != ""}
    try:
        services.update_profile(user=_person(request), changes=changes, at=clock.now(), origin=origin_of(request))
    except Invalid as refusal:
        for field, code in refusal.fields.items():
            form.add_error(field if field in form.fields else None, str(catalogue()[code].detail))
        return False
    except WalletError as refusal:
        form.add_error("handle", describe(refusal).detail)
        return False
    return True
