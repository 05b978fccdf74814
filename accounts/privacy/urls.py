"""Pages of privacy."""

from django.urls import path

from accounts.privacy import views

urlpatterns = [
    path("legal/accept/", views.accept, name="legal_accept"),
    path("settings/privacy/", views.privacy, name="privacy"),
    path("legal/<str:code>/", views.document, name="legal"),
]
