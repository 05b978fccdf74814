-- Takes all of the ledger away: only for a database without money in it.
DROP TABLE ledger_checkpoint, ledger_hold_event, ledger_hold, ledger_posting, ledger_entry, ledger_balance, ledger_account
    CASCADE;
DROP SEQUENCE ledger_account_number;
DO $$
DECLARE
    v_name text;
BEGIN
    FOR v_name IN SELECT p.oid::regprocedure::text FROM pg_proc p
                   WHERE p.pronamespace = 'public'::regnamespace AND p.proname LIKE 'ledger\_%' LOOP
        EXECUTE format('DROP FUNCTION IF EXISTS %s CASCADE', v_name);
    END LOOP;
END $$;
