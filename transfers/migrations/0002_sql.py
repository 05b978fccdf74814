"""What constraints cannot say: settled transfers and their facts never change, moves are only ever added."""

from django.db import migrations

REFUSE = """
CREATE FUNCTION transfers_refuse() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused', TG_OP, TG_TABLE_NAME USING ERRCODE = 'WL014';
END $$;
"""
REFUSE_BACK = "DROP FUNCTION transfers_refuse();"

TRANSFER = """
CREATE FUNCTION transfers_guard_transfer() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF (NEW.id, NEW.sender_id, NEW.receiver_id, NEW.payee_id, NEW.amount_minor, NEW.fee_minor, NEW.currency,
        NEW.idempotency_key, NEW.fingerprint, NEW.category, NEW.created_at, NEW.expires_at)
       IS DISTINCT FROM
       (OLD.id, OLD.sender_id, OLD.receiver_id, OLD.payee_id, OLD.amount_minor, OLD.fee_minor, OLD.currency,
        OLD.idempotency_key, OLD.fingerprint, OLD.category, OLD.created_at, OLD.expires_at) THEN
        RAISE EXCEPTION 'what transfer % is about does not change', OLD.id USING ERRCODE = 'WL014';
    END IF;
    IF OLD.status IN ('COMPLETED', 'DECLINED', 'CANCELLED', 'EXPIRED')
       AND (NEW.status, NEW.reason, NEW.authority_kind, NEW.authority_reference, NEW.completed_at)
           IS DISTINCT FROM
           (OLD.status, OLD.reason, OLD.authority_kind, OLD.authority_reference, OLD.completed_at) THEN
        RAISE EXCEPTION 'transfer % is settled', OLD.id USING ERRCODE = 'WL014';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER transfers_transfer_guard BEFORE UPDATE ON transfers_transfer
    FOR EACH ROW EXECUTE FUNCTION transfers_guard_transfer();
CREATE TRIGGER transfers_transfer_kept BEFORE DELETE OR TRUNCATE ON transfers_transfer
    FOR EACH STATEMENT EXECUTE FUNCTION transfers_refuse();
CREATE TRIGGER transfers_transferevent_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON transfers_transferevent
    FOR EACH STATEMENT EXECUTE FUNCTION transfers_refuse();
REVOKE DELETE, TRUNCATE ON transfers_transfer FROM PUBLIC, wallet_app;
REVOKE UPDATE, DELETE, TRUNCATE ON transfers_transferevent FROM PUBLIC, wallet_app;
"""
TRANSFER_BACK = """
GRANT UPDATE, DELETE ON transfers_transferevent TO wallet_app;
GRANT DELETE ON transfers_transfer TO wallet_app;
DROP TRIGGER transfers_transferevent_append_only ON transfers_transferevent;
DROP TRIGGER transfers_transfer_kept ON transfers_transfer;
DROP TRIGGER transfers_transfer_guard ON transfers_transfer;
DROP FUNCTION transfers_guard_transfer();
"""

# A payee is the person it was resolved to, for ever: a handle that changes hands makes another row.
PAYEE = """
CREATE FUNCTION transfers_guard_payee() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF (NEW.id, NEW.payer_id, NEW.user_id, NEW.kind, NEW.identifier_index)
       IS DISTINCT FROM (OLD.id, OLD.payer_id, OLD.user_id, OLD.kind, OLD.identifier_index) THEN
        RAISE EXCEPTION 'payee % stays who it is', OLD.id USING ERRCODE = 'WL014';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER transfers_payee_guard BEFORE UPDATE OF id, payer_id, user_id, kind, identifier_index ON transfers_payee
    FOR EACH ROW EXECUTE FUNCTION transfers_guard_payee();
"""
PAYEE_BACK = """
DROP TRIGGER transfers_payee_guard ON transfers_payee;
DROP FUNCTION transfers_guard_payee();
"""


class Migration(migrations.Migration):
    dependencies = [("transfers", "0001_initial")]

    operations = [
        migrations.RunSQL(REFUSE, REFUSE_BACK),
        migrations.RunSQL(TRANSFER, TRANSFER_BACK),
        migrations.RunSQL(PAYEE, PAYEE_BACK),
    ]
