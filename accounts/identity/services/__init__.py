"""What happens to people: they prove contacts, change their profile, are frozen; and the messages with their codes."""

from accounts.identity.services.forgetting import forget_failed_sign_ins
from accounts.identity.services.messages import (
    deliver_one_time_message,
    send_decoy,
    send_one_time_message,
    sweep_one_time_messages,
)
from accounts.identity.services.people import (
    accept_terms,
    forget_email,
    forget_unverified,
    freeze,
    give_phone,
    record_password_change,
    set_language,
    signed_up,
    unfreeze,
    update_profile,
    use_totp_counter,
    verification_completed,
    verify_email,
    verify_phone,
)

__all__ = [
    "accept_terms",
    "deliver_one_time_message",
    "forget_email",
    "forget_failed_sign_ins",
    "forget_unverified",
    "freeze",
    "give_phone",
    "record_password_change",
    "send_decoy",
    "send_one_time_message",
    "set_language",
    "signed_up",
    "sweep_one_time_messages",
    "unfreeze",
    "update_profile",
    "use_totp_counter",
    "verification_completed",
    "verify_email",
    "verify_phone",
]
