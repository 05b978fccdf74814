"""Endpoints of step-up and the payment PIN."""

from django.urls import path

from accounts.stepup.api import views

urlpatterns = [
    path("me/pin/", views.Pin.as_view(), name="api_pin"),
    path("me/pin/reset/", views.PinReset.as_view(), name="api_pin_reset"),
    path("step-up/<str:challenge>/", views.StepUp.as_view(), name="api_step_up"),
    path("step-up/<str:challenge>/send/", views.StepUpSend.as_view(), name="api_step_up_send"),
    path("step-up/<str:challenge>/renew/", views.StepUpRenew.as_view(), name="api_step_up_renew"),
]
