"""Staff own no wallet, and what counts guesses and limits is never deleted: held by the database itself."""

from importlib import import_module

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

sql = import_module("accounts.migrations.0002_sql")

# The owner's row is locked before it is read: opening a wallet and becoming staff at the same moment, one waits for
# the other and is refused. FOR SHARE, since an UPDATE of is_staff takes no stronger lock than FOR NO KEY UPDATE.
STAFF_OWN_NO_WALLET = """
CREATE FUNCTION accounts_refuse_wallet_of_staff() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_is_staff boolean;
BEGIN
    SELECT u.is_staff INTO v_is_staff FROM accounts_user u WHERE u.id = NEW.owner_id FOR SHARE;
    IF v_is_staff THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'staff_own_no_wallet',
            MESSAGE = 'a staff account owns no wallet';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION accounts_refuse_staff_with_wallet() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM ledger_account a WHERE a.owner_kind = 'person' AND a.owner_id = NEW.id) THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'staff_own_no_wallet',
            MESSAGE = 'who owns a wallet cannot be staff';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER accounts_staff_own_no_wallet BEFORE INSERT OR UPDATE OF owner_kind, owner_id ON ledger_account
    FOR EACH ROW WHEN (NEW.owner_kind = 'person') EXECUTE FUNCTION accounts_refuse_wallet_of_staff();
CREATE TRIGGER accounts_user_staff_own_no_wallet BEFORE INSERT OR UPDATE OF is_staff ON accounts_user
    FOR EACH ROW WHEN (NEW.is_staff) EXECUTE FUNCTION accounts_refuse_staff_with_wallet();
"""
STAFF_MAY_OWN = """
DROP TRIGGER accounts_staff_own_no_wallet ON ledger_account;
DROP TRIGGER accounts_user_staff_own_no_wallet ON accounts_user;
DROP FUNCTION accounts_refuse_wallet_of_staff();
DROP FUNCTION accounts_refuse_staff_with_wallet();
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_sql"), ("ledger", "0001_initial")]

    operations = [
        migrations.RemoveConstraint(
            model_name="smallamountcounter",
            name="small_amount_counts_up",
        ),
        migrations.AlterField(
            model_name="challenge",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AlterField(
            model_name="challengeevent",
            name="challenge",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="events", to="accounts.challenge"
            ),
        ),
        migrations.AlterField(
            model_name="paymentpindevice",
            name="user",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="pin_device", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AlterField(
            model_name="smallamountcounter",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddConstraint(
            model_name="smallamountcounter",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("count", 0), ("total_minor", 0)),
                    models.Q(("count__gt", 0), ("total_minor__gt", 0)),
                    _connector="OR",
                ),
                name="small_amount_counts_from_zero",
            ),
        ),
        migrations.RunSQL(STAFF_OWN_NO_WALLET, STAFF_MAY_OWN),
        sql.append_only("accounts_challengeevent"),
        sql.kept("accounts_challenge"),
        sql.kept("accounts_limit_usage"),
        sql.kept("accounts_paymentpindevice"),
        sql.kept("accounts_smallamountcounter"),
    ]
