"""Pages of step-up and the payment PIN."""

from django.urls import path

from accounts.stepup import views

urlpatterns = [
    path("confirm/<str:challenge>/", views.confirm, name="confirm"),
    path("confirm/<str:challenge>/send/", views.send, name="confirm_send"),
    path("confirm/<str:challenge>/renew/", views.renew, name="confirm_renew"),
    path("confirm/<str:challenge>/cancel/", views.cancel, name="confirm_cancel"),
    path("security/pin/", views.pin, name="security_pin"),
    path("security/pin/reset/", views.reset_pin, name="security_pin_reset"),
]
