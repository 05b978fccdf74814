"""Endpoints of statements."""

from django.urls import path

from accounts.statements.api import views

urlpatterns = [
    path("statements/", views.Statements.as_view(), name="api_statements"),
    path("statements/<str:statement_id>/", views.StatementDetail.as_view(), name="api_statement"),
    path("statements/<str:statement_id>/file/", views.StatementFile.as_view(), name="api_statement_file"),
]
