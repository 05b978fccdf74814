"""Pages of the funding room."""

from django.urls import path

from payments.funding import views

urlpatterns = [
    path("add-money/", views.add_money, name="add_money"),
    path("top-ups/<str:top_up>/", views.top_up, name="top_up"),
    path("top-ups/<str:top_up>/state/", views.top_up_state, name="top_up_state"),
    path("top-ups/<str:top_up>/return/", views.top_up_return, name="top_up_return"),
    path("top-ups/<str:top_up>/cancel/", views.top_up_cancel, name="top_up_cancel"),
]
