"""What constraints cannot say: files, payments and messages keep what they are about, and states go their known ways.

Sealed columns may be sealed again under a new key: what they hold is kept by the hash beside them.
"""

from django.db import migrations

BATCH = """
CREATE FUNCTION payments_guard_payout_batch() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF (NEW.id, NEW.message_id, NEW.currency, NEW.count, NEW.total_minor, NEW.file_sha256, NEW.created_at)
       IS DISTINCT FROM
       (OLD.id, OLD.message_id, OLD.currency, OLD.count, OLD.total_minor, OLD.file_sha256, OLD.created_at) THEN
        RAISE EXCEPTION 'payment file % does not change', OLD.id USING ERRCODE = 'WL014';
    END IF;
    IF NEW.status <> OLD.status AND (OLD.status, NEW.status) NOT IN (
        ('PREPARED', 'SENDING'), ('PREPARED', 'ANSWERED'), ('PREPARED', 'REFUSED'),
        ('SENDING', 'PREPARED'), ('SENDING', 'ANSWERED'), ('SENDING', 'UNKNOWN'), ('SENDING', 'REFUSED'),
        ('UNKNOWN', 'ANSWERED'), ('UNKNOWN', 'REFUSED'), ('ANSWERED', 'REFUSED')) THEN
        RAISE EXCEPTION 'payment file % does not go from % to %', OLD.id, OLD.status, NEW.status USING ERRCODE = 'WL014';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payments_payoutbatch_guard BEFORE UPDATE ON payments_payoutbatch
    FOR EACH ROW EXECUTE FUNCTION payments_guard_payout_batch();
CREATE TRIGGER payments_payoutbatch_kept BEFORE DELETE OR TRUNCATE ON payments_payoutbatch
    FOR EACH STATEMENT EXECUTE FUNCTION payments_refuse();
REVOKE DELETE, TRUNCATE ON payments_payoutbatch FROM PUBLIC, wallet_app;
"""
BATCH_BACK = """
GRANT DELETE ON payments_payoutbatch TO wallet_app;
DROP TRIGGER payments_payoutbatch_kept ON payments_payoutbatch;
DROP TRIGGER payments_payoutbatch_guard ON payments_payoutbatch;
DROP FUNCTION payments_guard_payout_batch();
"""

# A payment that could leave its file could be put into another one and be paid twice.
ITEM = """
CREATE FUNCTION payments_guard_payout() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF (NEW.id, NEW.batch_id, NEW.withdrawal_id, NEW.end_to_end_id, NEW.amount_minor, NEW.currency, NEW.execute_on)
       IS DISTINCT FROM
       (OLD.id, OLD.batch_id, OLD.withdrawal_id, OLD.end_to_end_id, OLD.amount_minor, OLD.currency, OLD.execute_on) THEN
        RAISE EXCEPTION 'what payout % is about does not change', OLD.id USING ERRCODE = 'WL014';
    END IF;
    IF OLD.outcome = 'REJECTED' AND NEW.outcome <> 'REJECTED' THEN
        RAISE EXCEPTION 'payout % was rejected', OLD.id USING ERRCODE = 'WL014';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payments_payoutitem_guard BEFORE UPDATE ON payments_payoutitem
    FOR EACH ROW EXECUTE FUNCTION payments_guard_payout();
CREATE TRIGGER payments_payoutitem_kept BEFORE DELETE OR TRUNCATE ON payments_payoutitem
    FOR EACH STATEMENT EXECUTE FUNCTION payments_refuse();
REVOKE DELETE, TRUNCATE ON payments_payoutitem FROM PUBLIC, wallet_app;
"""
ITEM_BACK = """
GRANT DELETE ON payments_payoutitem TO wallet_app;
DROP TRIGGER payments_payoutitem_kept ON payments_payoutitem;
DROP TRIGGER payments_payoutitem_guard ON payments_payoutitem;
DROP FUNCTION payments_guard_payout();
"""

MESSAGE = """
CREATE FUNCTION payments_guard_bank_message() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF (NEW.id, NEW.number, NEW.kind, NEW.sha256, NEW.received_at)
       IS DISTINCT FROM
       (OLD.id, OLD.number, OLD.kind, OLD.sha256, OLD.received_at) THEN
        RAISE EXCEPTION 'what message % said does not change', OLD.id USING ERRCODE = 'WL014';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payments_bankmessage_guard BEFORE UPDATE ON payments_bankmessage
    FOR EACH ROW EXECUTE FUNCTION payments_guard_bank_message();
CREATE TRIGGER payments_bankmessage_kept BEFORE DELETE OR TRUNCATE ON payments_bankmessage
    FOR EACH STATEMENT EXECUTE FUNCTION payments_refuse();
REVOKE DELETE, TRUNCATE ON payments_bankmessage FROM PUBLIC, wallet_app;
CREATE TRIGGER payments_bankstatement_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON payments_bankstatement
    FOR EACH STATEMENT EXECUTE FUNCTION payments_refuse();
REVOKE UPDATE, DELETE, TRUNCATE ON payments_bankstatement FROM PUBLIC, wallet_app;
"""
MESSAGE_BACK = """
GRANT UPDATE, DELETE ON payments_bankstatement TO wallet_app;
DROP TRIGGER payments_bankstatement_append_only ON payments_bankstatement;
GRANT DELETE ON payments_bankmessage TO wallet_app;
DROP TRIGGER payments_bankmessage_kept ON payments_bankmessage;
DROP TRIGGER payments_bankmessage_guard ON payments_bankmessage;
DROP FUNCTION payments_guard_bank_message();
"""

BREAK = """
CREATE FUNCTION payments_guard_break() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF (NEW.id, NEW.kind, NEW.key, NEW.details, NEW.found_at)
       IS DISTINCT FROM (OLD.id, OLD.kind, OLD.key, OLD.details, OLD.found_at) THEN
        RAISE EXCEPTION 'what break % found does not change', OLD.id USING ERRCODE = 'WL014';
    END IF;
    IF OLD.status = 'RESOLVED' THEN
        RAISE EXCEPTION 'break % was resolved', OLD.id USING ERRCODE = 'WL014';
    END IF;
    IF NEW.status = 'RESOLVED' AND NEW.note = '' THEN
        RAISE EXCEPTION 'who resolves break % says what it was', OLD.id USING ERRCODE = 'WL014';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payments_reconciliationbreak_guard BEFORE UPDATE ON payments_reconciliationbreak
    FOR EACH ROW EXECUTE FUNCTION payments_guard_break();
CREATE TRIGGER payments_reconciliationbreak_kept BEFORE DELETE OR TRUNCATE ON payments_reconciliationbreak
    FOR EACH STATEMENT EXECUTE FUNCTION payments_refuse();
REVOKE DELETE, TRUNCATE ON payments_reconciliationbreak FROM PUBLIC, wallet_app;
"""
BREAK_BACK = """
GRANT DELETE ON payments_reconciliationbreak TO wallet_app;
DROP TRIGGER payments_reconciliationbreak_kept ON payments_reconciliationbreak;
DROP TRIGGER payments_reconciliationbreak_guard ON payments_reconciliationbreak;
DROP FUNCTION payments_guard_break();
"""


class Migration(migrations.Migration):
    dependencies = [("payments", "0005_bank_rail")]

    operations = [
        migrations.RunSQL(BATCH, BATCH_BACK),
        migrations.RunSQL(ITEM, ITEM_BACK),
        migrations.RunSQL(MESSAGE, MESSAGE_BACK),
        migrations.RunSQL(BREAK, BREAK_BACK),
    ]
