"""What the database refuses by itself: triggers and rights that models cannot say. Append to OPERATIONS."""

from django.db import migrations

REFUSE_CHANGE = """
CREATE FUNCTION accounts_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'WL014', MESSAGE = format('%s is never allowed on %s', TG_OP, TG_TABLE_NAME);
END $$;
"""


def append_only(table: str) -> migrations.RunSQL:
    """Rows are added and read; nobody changes, deletes or truncates them, the owner included."""
    return migrations.RunSQL(
        f"""
        CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION accounts_refuse_change();
        REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM PUBLIC, wallet_app;
        """,
        f"DROP TRIGGER {table}_append_only ON {table}; GRANT UPDATE, DELETE ON {table} TO wallet_app;",
    )


def kept(table: str) -> migrations.RunSQL:
    """Rows change, but are never deleted or truncated."""
    return migrations.RunSQL(
        f"""
        CREATE TRIGGER {table}_kept BEFORE DELETE OR TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION accounts_refuse_change();
        REVOKE DELETE, TRUNCATE ON {table} FROM PUBLIC, wallet_app;
        """,
        f"DROP TRIGGER {table}_kept ON {table}; GRANT DELETE ON {table} TO wallet_app;",
    )


BRIDGE_DIES_WITH_AUTHENTICATOR = """
ALTER TABLE accounts_authenticatordevice ADD CONSTRAINT authenticatordevice_authenticator
    FOREIGN KEY (authenticator_id) REFERENCES mfa_authenticator (id) ON DELETE CASCADE;
"""


OPERATIONS = [
    migrations.RunSQL(REFUSE_CHANGE, "DROP FUNCTION accounts_refuse_change();"),
    append_only("accounts_recorded_event"),
    append_only("accounts_risk_decision"),
    kept("accounts_delivery"),
    migrations.RunSQL(
        BRIDGE_DIES_WITH_AUTHENTICATOR,
        "ALTER TABLE accounts_authenticatordevice DROP CONSTRAINT authenticatordevice_authenticator;",
    ),
]


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial"), ("mfa", "0003_authenticator_type_uniq")]
    operations = OPERATIONS
