"""Requests of people who are signed in, for type checkers: pages and the API let nobody else in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpRequest
from rest_framework.request import Request

if TYPE_CHECKING:
    from accounts.identity.models import User


class PersonRequest(HttpRequest):
    """A page's request behind ``login_required``."""

    user: User


class PersonApiRequest(Request):
    """An endpoint's request; WalletAuthentication lets nobody else in."""

    user: User
