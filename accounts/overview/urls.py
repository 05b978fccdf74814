"""Pages of the overview."""

from django.urls import path

from accounts.overview import views

urlpatterns = [
    path("security/", views.security, name="security"),
    path("security/devices/sign-out/", views.sign_out_others, name="sign_out_others"),
    path("security/devices/<str:device>/sign-out/", views.sign_out_device, name="sign_out_device"),
]
