"""What constraints cannot say: ended top-ups and the facts of a notice never change, moves are only ever added."""

from django.db import migrations

REFUSE = """
CREATE FUNCTION payments_refuse() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused', TG_OP, TG_TABLE_NAME USING ERRCODE = 'WL014';
END $$;
"""
REFUSE_BACK = "DROP FUNCTION payments_refuse();"

TOP_UP = """
CREATE FUNCTION payments_guard_top_up() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF (NEW.id, NEW.user_id, NEW.idempotency_key, NEW.fingerprint, NEW.method, NEW.amount_minor, NEW.currency,
        NEW.created_at, NEW.expires_at)
       IS DISTINCT FROM
       (OLD.id, OLD.user_id, OLD.idempotency_key, OLD.fingerprint, OLD.method, OLD.amount_minor, OLD.currency,
        OLD.created_at, OLD.expires_at) THEN
        RAISE EXCEPTION 'what top-up % is about does not change', OLD.id USING ERRCODE = 'WL014';
    END IF;
    IF OLD.status IN ('CREDITED', 'FAILED', 'CANCELLED', 'EXPIRED') THEN
        RAISE EXCEPTION 'top-up % has ended', OLD.id USING ERRCODE = 'WL014';
    END IF;
    IF OLD.provider_id <> '' AND NEW.provider_id IS DISTINCT FROM OLD.provider_id THEN
        RAISE EXCEPTION 'top-up % keeps its page at the provider', OLD.id USING ERRCODE = 'WL014';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payments_topup_guard BEFORE UPDATE ON payments_topup
    FOR EACH ROW EXECUTE FUNCTION payments_guard_top_up();
CREATE TRIGGER payments_topup_kept BEFORE DELETE OR TRUNCATE ON payments_topup
    FOR EACH STATEMENT EXECUTE FUNCTION payments_refuse();
CREATE TRIGGER payments_topupevent_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON payments_topupevent
    FOR EACH STATEMENT EXECUTE FUNCTION payments_refuse();
REVOKE DELETE, TRUNCATE ON payments_topup FROM PUBLIC, wallet_app;
REVOKE UPDATE, DELETE, TRUNCATE ON payments_topupevent FROM PUBLIC, wallet_app;
"""
TOP_UP_BACK = """
GRANT UPDATE, DELETE ON payments_topupevent TO wallet_app;
GRANT DELETE ON payments_topup TO wallet_app;
DROP TRIGGER payments_topupevent_append_only ON payments_topupevent;
DROP TRIGGER payments_topup_kept ON payments_topup;
DROP TRIGGER payments_topup_guard ON payments_topup;
DROP FUNCTION payments_guard_top_up();
"""

# Forgetting a notice would let the provider's repeat of it in again as new.
PROVIDER_EVENT = """
CREATE FUNCTION payments_guard_notice() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF (NEW.id, NEW.provider, NEW.event_id, NEW.kind, NEW.object_id, NEW.reference, NEW.provider_created_at,
        NEW.received_at)
       IS DISTINCT FROM
       (OLD.id, OLD.provider, OLD.event_id, OLD.kind, OLD.object_id, OLD.reference, OLD.provider_created_at,
        OLD.received_at) THEN
        RAISE EXCEPTION 'what notice % said does not change', OLD.id USING ERRCODE = 'WL014';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payments_providerevent_guard BEFORE UPDATE ON payments_providerevent
    FOR EACH ROW EXECUTE FUNCTION payments_guard_notice();
CREATE TRIGGER payments_providerevent_kept BEFORE DELETE OR TRUNCATE ON payments_providerevent
    FOR EACH STATEMENT EXECUTE FUNCTION payments_refuse();
REVOKE DELETE, TRUNCATE ON payments_providerevent FROM PUBLIC, wallet_app;
"""
PROVIDER_EVENT_BACK = """
GRANT DELETE ON payments_providerevent TO wallet_app;
DROP TRIGGER payments_providerevent_kept ON payments_providerevent;
DROP TRIGGER payments_providerevent_guard ON payments_providerevent;
DROP FUNCTION payments_guard_notice();
"""


class Migration(migrations.Migration):
    dependencies = [("payments", "0001_initial")]

    operations = [
        migrations.RunSQL(REFUSE, REFUSE_BACK),
        migrations.RunSQL(TOP_UP, TOP_UP_BACK),
        migrations.RunSQL(PROVIDER_EVENT, PROVIDER_EVENT_BACK),
    ]
