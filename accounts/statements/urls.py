"""Pages of statements."""

from django.urls import path

from accounts.statements import views

urlpatterns = [
    path("statements/", views.statements, name="statements"),
    path("statements/new/", views.new_statement, name="statement_new"),
    path("statements/verify/", views.verify, name="statement_verify"),
    path("statements/<str:statement_id>/", views.statement, name="statement"),
    path("statements/<str:statement_id>/state/", views.statement_state, name="statement_state"),
    path("statements/<str:statement_id>/download/", views.download, name="statement_download"),
    path("statements/<str:statement_id>/file/", views.statement_file, name="statement_file"),
]
