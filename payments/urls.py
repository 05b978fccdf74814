"""Addresses of payments, by room."""

from django.urls import include, path

urlpatterns = [
    path("", include("payments.banking.urls")),
    path("", include("payments.funding.urls")),
    path("", include("payments.inbox.urls")),
]
