"""Endpoints of privacy."""

from django.urls import path

from accounts.privacy.api import views

urlpatterns = [path("me/consents/", views.Consents.as_view(), name="api_consents")]
