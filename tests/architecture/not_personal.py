"""Columns that hold text, JSON, bytes or addresses and yet nothing personal: each with the reason.

A model says in ``personal_data`` which of its columns are personal and how they are kept. Whoever adds a column that
could hold words must do one of the two; ``test_personal_fields`` finds the column that did neither.
"""

from __future__ import annotations

CODE = "a code from a list of ours"
CURRENCY = "ISO 4217 code"
HASH = "a hash or an HMAC of what is not kept"
ID = "an id of ours"
KEY = "made by the client program, at most 64 characters, unique per person"
PROVIDER = "an id or a code a provider gave"
COUNTS = "numbers and codes, never words a person typed"
BANK_DAY = "a day of the bank's books"
RULES = "a rule or setting of ours, no person's"

_EVENT = {"from_status": CODE, "to_status": CODE, "actor": "kind and id of who acted", "cause": CODE}

OURS: dict[str, dict[str, str]] = {
    "accounts.ActivityItem": {
        "kind": CODE,
        "state": CODE,
        "currency": CURRENCY,
        "category": CODE,
        "subject_kind": CODE,
        "reference": ID,
        "url_name": CODE,
    },
    "accounts.Approval": {
        "purpose": CODE,
        "payload": "ids, amounts and codes; the words are in reason and note",
        "payload_hash": HASH,
        "before": "ids, amounts and codes",
    },
    "accounts.ApprovalEvent": _EVENT,
    "accounts.RecordedEvent": {
        "name": CODE,
        "payload": "ids, amounts and codes; a test reads the table after a life of ordinary acts",
        "actor_kind": CODE,
        "actor_id": ID,
        "channel": CODE,
        "request_id": ID,
    },
    "accounts.AuditCheckpoint": {
        "root": HASH,
        "previous_root": HASH,
        "key_id": HASH,
        "signature": "a signature of ours",
    },
    "accounts.Consent": {"document": CODE, "version": CODE, "channel": CODE},
    "accounts.SwitchChange": {"switch": CODE},
    "accounts.Delivery": {"handler": CODE, "last_error": "the class of an error, never its words"},
    "accounts.JobRun": {"name": CODE, "error": "the class of an error, never its words"},
    "accounts.LimitUsage": {"day": "of a daily limit", "product": CODE, "currency": CURRENCY},
    "accounts.SMSDevice": {"code_hmac": HASH},
    "accounts.EmailDevice": {"code_hmac": HASH},
    "accounts.RiskDecision": {
        "subject_kind": CODE,
        "outcome": CODE,
        "reason": CODE,
        "rules": COUNTS,
        "facts": COUNTS,
    },
    "accounts.Statement": {
        "currency": CURRENCY,
        "first_day": "a period somebody chose",
        "last_day": "a period somebody chose",
        "time_zone": "of the days in one document",
        "language": "of one document",
        "idempotency_key": KEY,
        "fingerprint": HASH,
        "failure": CODE,
        "sha256": HASH,
    },
    "accounts.Challenge": {"purpose": CODE, "payload_hash": HASH, "methods": CODE, "method_used": CODE},
    "accounts.ChallengeEvent": {
        "actor": "kind and id of who acted",
        "cause": CODE,
        "from_state": CODE,
        "to_state": CODE,
    },
    "accounts.SmallAmountCounter": {"currency": CURRENCY},
    "ledger.Account": {"owner_kind": CODE, "code": CODE, "kind": CODE, "currency": CURRENCY},
    "ledger.Balance": {"head": HASH},
    "ledger.Entry": {
        "kind": CODE,
        "request_hash": HASH,
        "actor": "kind and id of who acted",
        "reference": ID,
        "details": "ids, amounts and codes; the ledger knows no names",
    },
    "ledger.Posting": {"pk": "account and number", "currency": CURRENCY, "hash": HASH},
    "ledger.Hold": {"reason": CODE},
    "ledger.HoldEvent": {"pk": "hold and number", "kind": CODE, "hash": HASH},
    "ledger.Checkpoint": {"root": HASH, "previous_root": HASH, "signature": "a signature of ours", "key_id": HASH},
    "ledger.AccountEvent": {"pk": "account and number", "kind": CODE, "hash": HASH},
    "ledger.Check": {"wrong": "account ids and amounts"},
    "payments.BankAccount": {
        "currency": CURRENCY,
        "country": "of the bank",
        "bic": "of the bank",
        "bank_name": "of the bank",
        "authority_kind": CODE,
        "authority_reference": ID,
    },
    "payments.Withdrawal": {
        "idempotency_key": KEY,
        "fingerprint": HASH,
        "currency": CURRENCY,
        "end_to_end_id": ID,
        "reason": CODE,
        "authority_kind": CODE,
        "authority_reference": ID,
        "bank_reference": PROVIDER,
    },
    "payments.WithdrawalEvent": {**_EVENT, "provider_reference": PROVIDER},
    "payments.WithdrawalCondition": {"code": CODE, "details": COUNTS},
    "payments.WithdrawalReturn": {"reason_code": PROVIDER, "currency": CURRENCY, "bank_reference": PROVIDER},
    "payments.TopUp": {
        "idempotency_key": KEY,
        "fingerprint": HASH,
        "method": CODE,
        "currency": CURRENCY,
        "received_currency": CURRENCY,
        "reason": CODE,
        "provider_id": PROVIDER,
        "provider_payment_id": PROVIDER,
        "redirect_url": "the provider's own page of one payment",
    },
    "payments.TopUpEvent": _EVENT,
    "payments.ProviderEvent": {
        "provider": CODE,
        "event_id": PROVIDER,
        "kind": PROVIDER,
        "object_id": PROVIDER,
        "reference": ID,
    },
    "payments.PayoutBatch": {"message_id": ID, "currency": CURRENCY, "cause": CODE, "file_sha256": HASH},
    "payments.BankMessage": {"kind": CODE, "sha256": HASH, "problem": CODE},
    "payments.PayoutItem": {
        "execute_on": BANK_DAY,
        "booked_on": BANK_DAY,
        "returned_on": BANK_DAY,
        "end_to_end_id": ID,
        "currency": CURRENCY,
        "reason": PROVIDER,
        "bank_reference": PROVIDER,
    },
    "payments.BankStatement": {"day": BANK_DAY, "identification": PROVIDER, "digest": HASH, "currency": CURRENCY},
    "payments.ReconciliationBreak": {"key": ID, "details": COUNTS},
    "payments.ClearingCheck": {"day": BANK_DAY, "account": CODE, "currency": CURRENCY, "explained": "ids and amounts"},
    "transfers.Transfer": {
        "idempotency_key": KEY,
        "fingerprint": HASH,
        "currency": CURRENCY,
        "category": CODE,
        "reason": CODE,
        "authority_kind": CODE,
        "authority_reference": ID,
    },
    "transfers.TransferEvent": _EVENT,
    "support.Notification": {"kind": CODE, "facts": "ids, amounts and codes; the sentence is made when it is read"},
    "support.NoticeMessage": {"channel": CODE},
}

OF_PACKAGES: dict[str, dict[str, str]] = {
    "account.EmailAddress": {"email": "sealed by FindableEmailField (ADR 0010)"},
    "account.EmailConfirmation": {"key": "unused: addresses are verified by code"},
    "admin.LogEntry": {
        "object_id": ID,
        "object_repr": "a public id: no model's __str__ gives a name",
        "change_message": "names of columns, never their values",
    },
    "auth.Group": {"name": RULES},
    "auth.Permission": {"name": RULES, "codename": RULES},
    "axes.AccessAttempt": {
        "user_agent": "personal in clear, under its own table: kept until the lock-out is over",
        "ip_address": "personal in clear: a lock-out counts by it, kept until the lock-out is over",
        "username": "uid:<id>, never what was typed",
        "http_accept": "of a browser, no person's",
        "path_info": "an address of ours without its query",
        "get_data": "personal words masked by AXES_SENSITIVE_PARAMETERS",
        "post_data": "personal words masked by AXES_SENSITIVE_PARAMETERS",
    },
    "axes.AccessFailureLog": dict.fromkeys(
        ("user_agent", "ip_address", "username", "http_accept", "path_info"),
        "never written: AXES_ENABLE_ACCESS_FAILURE_LOG is off",
    ),
    "axes.AccessLog": dict.fromkeys(
        ("user_agent", "ip_address", "username", "http_accept", "path_info", "session_hash"),
        "never written: AXES_DISABLE_ACCESS_LOG is on",
    ),
    "contenttypes.ContentType": {"app_label": RULES, "model": RULES},
    "mfa.Authenticator": {"data": "secrets are sealed by the MFA adapter; a passkey's public half is public"},
}
