"""Pages of privacy."""

from django.urls import path

from accounts.privacy import views

urlpatterns = [
    path("legal/accept/", views.accept, name="legal_accept"),
    path("settings/privacy/copy/", views.copy, name="privacy_copy"),
    path("settings/privacy/copy/state/", views.copy_state, name="privacy_copy_state"),
    path("settings/privacy/copy/download/", views.copy_download, name="privacy_copy_download"),
    path("settings/privacy/copy/file/", views.copy_file, name="privacy_copy_file"),
    path("settings/privacy/", views.privacy, name="privacy"),
    path("legal/<str:code>/", views.document, name="legal"),
]
