"""Addresses providers call."""

from django.urls import path

from payments.inbox import views

urlpatterns = [path("webhooks/stripe/", views.stripe_webhook, name="stripe_webhook")]
