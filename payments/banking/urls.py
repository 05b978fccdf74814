"""Pages of the banking room."""

from django.urls import path

from payments.banking import account_views, views

urlpatterns = [
    path("bank-accounts/", account_views.bank_accounts, name="bank_accounts"),
    path("bank-accounts/add/", account_views.bank_account_add, name="bank_account_add"),
    path("bank-accounts/<str:account_id>/", account_views.bank_account, name="bank_account"),
    path("bank-accounts/<str:account_id>/confirm/", account_views.bank_account_confirm, name="bank_account_confirm"),
    path("bank-accounts/<str:account_id>/remove/", account_views.bank_account_remove, name="bank_account_remove"),
    path("withdraw/", views.withdraw, name="withdraw"),
    path("withdraw/<slug:withdrawal_draft>/", views.withdraw, name="withdraw_amount"),
    path("withdraw/<slug:withdrawal_draft>/review/", views.withdraw_review, name="withdraw_review"),
    path("withdrawals/<str:withdrawal_id>/", views.withdrawal, name="withdrawal"),
    path("withdrawals/<str:withdrawal_id>/state/", views.withdrawal_state, name="withdrawal_state"),
    path("withdrawals/<str:withdrawal_id>/confirm/", views.withdrawal_confirm, name="withdrawal_confirm"),
    path("withdrawals/<str:withdrawal_id>/cancel/", views.withdrawal_cancel, name="withdrawal_cancel"),
    path("withdrawals/<str:withdrawal_id>/answer/", views.withdrawal_answer, name="withdrawal_answer"),
]
