"""Endpoints of identity."""

from django.urls import path

from accounts.identity.api import views

urlpatterns = [path("me/profile/", views.Profile.as_view(), name="api_profile")]
