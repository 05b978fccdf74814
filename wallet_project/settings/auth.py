"""Sign-in, second factors and lock-out: the values of allauth, django-otp and django-axes, each with its reason."""

from datetime import timedelta

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",  # first: a locked-out pair never reaches the password
    "accounts.identity.backends.WalletBackend",
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/home/"

# --- passwords (NIST SP 800-63B-4 §3.1.1: length and a block list, no composition rules, no expiry)

PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "accounts.identity.policy.MaximumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# --- sessions: our own engine (hashed keys, encrypted payloads); its times are in accounts/devices/policy.py

SESSION_ENGINE = "accounts.devices.session_engine"
SESSION_SERIALIZER = "django.contrib.sessions.serializers.JSONSerializer"
SESSION_COOKIE_AGE = 12 * 60 * 60  # the row decides; a browser forgets at the latest with it
SESSION_SAVE_EVERY_REQUEST = False

# --- allauth: the login engine

ACCOUNT_ADAPTER = "accounts.identity.account_adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "signup": "accounts.identity.forms.SignUpForm",
    "login": "accounts.identity.forms.SignInForm",
    "request_login_code": "accounts.identity.forms.RequestCodeForm",
    "reset_password": "accounts.identity.forms.ResetPasswordForm",
    "confirm_email_verification_code": "accounts.identity.forms.ConfirmEmailForm",
}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_USER_MODEL_EMAIL_FIELD = None  # User.email is ours: the verified address, written by the adapter alone
ACCOUNT_USER_DISPLAY = "accounts.identity.policy.display_name"
ACCOUNT_EMAIL_MAX_LENGTH = 400  # 254 characters of address take up to 365 of ciphertext (docs/adr)
ACCOUNT_LOGIN_METHODS = {"email", "phone"}
# e-mail is required here so that allauth's own checks hold; our forms relax it when a phone is given (hole 8)
ACCOUNT_SIGNUP_FIELDS = ["email*", "phone", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_PREVENT_ENUMERATION = "strict"  # only a verified address is taken; nobody can squat on another's
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False  # this session goes on, every other one ends (devices.handlers)
ACCOUNT_LOGIN_ON_PASSWORD_RESET = False
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = True  # the adapter makes it a decoy: nobody is written to (hole 7)
ACCOUNT_SIGNUP_FORM_CLASS = "accounts.identity.signup.ContactOfChoice"
ACCOUNT_EMAIL_NOTIFICATIONS = False  # notices are support/notifications, fed by events
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = 3
ACCOUNT_PHONE_VERIFICATION_SUPPORTS_RESEND = 3
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = 3
# codes live ten minutes; five failures end one (the atomic limiter in front counts the same five)
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_TIMEOUT = 600
ACCOUNT_PHONE_VERIFICATION_TIMEOUT = 600
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 600
ACCOUNT_PASSWORD_RESET_BY_CODE_TIMEOUT = 600
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_MAX_ATTEMPTS = 5
ACCOUNT_PHONE_VERIFICATION_MAX_ATTEMPTS = 5
ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS = 5
ACCOUNT_PASSWORD_RESET_BY_CODE_MAX_ATTEMPTS = 5
# allauth's limits count without a lock, and one of them ends in a 500: all of them are ours (accounts.identity.limiter
# in front of every address, message budgets in accounts.identity.services)
ACCOUNT_RATE_LIMITS = dict.fromkeys(
    (
        "change_password",
        "change_phone",
        "confirm_email",
        "login",
        "login_failed",
        "manage_email",
        "reauthenticate",
        "request_login_code",
        "reset_password",
        "reset_password_from_key",
        "signup",
        "verify_phone",
    )
)

# --- second factors: allauth.mfa is the only store of login factors

MFA_ADAPTER = "accounts.identity.mfa_adapter.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_TOLERANCE = 0  # 1 re-opens replay (hole 2)
MFA_TOTP_ISSUER = "Wallet"

# --- payment PINs: argon2id at 50 to 150 ms, above the OWASP minimum of 46 MiB and one pass (security.md)

PIN_HASHER = {"time_cost": 2, "memory_cost": 65_536, "parallelism": 1}

# --- the app's doors: no browser client, so no cookie ever opens the API

HEADLESS_CLIENTS = ("app",)
HEADLESS_TOKEN_STRATEGY = "accounts.devices.tokens.WalletTokenStrategy"
HEADLESS_ADAPTER = "accounts.identity.headless_adapter.HeadlessAdapter"

# --- axes: the lasting log of failed sign-ins

AXES_HANDLER = "axes.handlers.database.AxesDatabaseHandler"
AXES_USERNAME_CALLABLE = "accounts.identity.axes.username_of"  # uid:<pk>; a phone sign-in would store None
AXES_CLIENT_IP_CALLABLE = "wallet_project.lib.client_ip.client_ip"
AXES_LOCKOUT_CALLABLE = "accounts.identity.axes.locked_out"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "login", "email", "phone", "code", "key", "pin"]
AXES_ENABLE_ACCESS_FAILURE_LOG = False
AXES_DISABLE_ACCESS_LOG = True  # who signed in is a security event of ours; axes would keep addresses for ever
AXES_VERBOSE = False
