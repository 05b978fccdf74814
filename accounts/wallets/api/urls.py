"""Endpoints of the wallets room."""

from django.urls import path

from accounts.wallets.api import views

urlpatterns = [path("wallets/", views.Wallets.as_view(), name="api_wallets")]
