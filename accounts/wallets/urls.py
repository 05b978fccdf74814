"""Pages of the wallets room."""

from django.urls import path

from accounts.wallets import views

urlpatterns = [path("wallets/", views.wallets, name="wallets")]
