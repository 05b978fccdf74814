-- The application reads ledger rows and calls the functions listed here; it writes nothing itself.

DO $$
DECLARE
    v_name text;
BEGIN
    FOR v_name IN SELECT c.oid::regclass::text FROM pg_class c
                   WHERE c.relnamespace = 'public'::regnamespace AND c.relname LIKE 'ledger\_%' AND c.relkind IN ('r', 'S') LOOP
        EXECUTE format('REVOKE ALL ON %s FROM PUBLIC, wallet_app, wallet_readonly', v_name);
    END LOOP;
    FOR v_name IN SELECT c.oid::regclass::text FROM pg_class c
                   WHERE c.relnamespace = 'public'::regnamespace AND c.relname LIKE 'ledger\_%' AND c.relkind = 'r' LOOP
        EXECUTE format('GRANT SELECT ON %s TO wallet_app, wallet_readonly', v_name);
    END LOOP;
    FOR v_name IN SELECT p.oid::regprocedure::text FROM pg_proc p
                   WHERE p.pronamespace = 'public'::regnamespace AND p.proname LIKE 'ledger\_%' LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC, wallet_app, wallet_readonly', v_name);
    END LOOP;
    FOR v_name IN SELECT p.oid::regprocedure::text FROM pg_proc p
                   WHERE p.pronamespace = 'public'::regnamespace AND p.proname LIKE 'ledger\_%'
                     AND (p.prosecdef OR p.proname IN (
                         'ledger_seq_at', 'ledger_balance_at', 'ledger_link', 'ledger_seal', 'ledger_genesis', 'ledger_leaves',
                         'ledger_canonical', 'ledger_request_hash', 'ledger_account_seal', 'ledger_account_link', 'ledger_hold_seal',
                         'ledger_hold_body')) LOOP
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO wallet_app', v_name);
    END LOOP;
    GRANT EXECUTE ON FUNCTION ledger_seq_at, ledger_balance_at, ledger_link, ledger_seal, ledger_genesis, ledger_leaves TO wallet_readonly;
END $$;
