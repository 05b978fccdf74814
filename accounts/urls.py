"""Pages of the accounts rooms."""

from django.urls import include, path

urlpatterns = [
    path("", include("accounts.stepup.urls")),
]
