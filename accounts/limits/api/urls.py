"""Endpoints of the limits room."""

from django.urls import path

from accounts.limits.api import views

urlpatterns = [path("me/limits/", views.Limits.as_view(), name="api_limits")]
