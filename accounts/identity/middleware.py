"""Pages in the person's own language and time zone."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone, translation

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

LANGUAGES = frozenset(code for code, _name in settings.LANGUAGES)


class PersonalSettings:
    """For signed-in people their settings count; for everybody else the browser's. Apps say it per request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(("/api/", "/_allauth/", "/static/")) or not request.user.is_authenticated:
            return self.get_response(request)
        language = request.user.language
        if language in LANGUAGES:
            translation.activate(language)
            request.LANGUAGE_CODE = language
        with timezone.override(ZoneInfo(request.user.time_zone)):
            return self.get_response(request)
