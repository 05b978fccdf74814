-- Trails for what was there before there were trails: accounts as they are, holds from their events.
DO $$
DECLARE
    v_account ledger_account;
    v_opened  timestamptz;
    v_hold    ledger_hold;
    v_event   ledger_hold_event;
    v_head    bytea;
BEGIN
    ALTER TABLE ledger_hold_event DISABLE TRIGGER ledger_hold_event_append_only;
    FOR v_account IN SELECT a.* FROM ledger_account a
                      WHERE NOT EXISTS (SELECT FROM ledger_account_event e WHERE e.book = a.book AND e.account = a.id) LOOP
        SELECT least(min(b.last_at), clock_timestamp()) INTO v_opened FROM ledger_balance b
         WHERE b.book = v_account.book AND b.account = v_account.id AND b.seq = 0;
        UPDATE ledger_balance AS b SET last_at = v_opened
         WHERE b.book = v_account.book AND b.account = v_account.id AND b.seq = 0;
        PERFORM ledger_note_account(v_account.book, v_account.id, 'OPENED', v_account.opened_at, v_opened);
        IF v_account.closed_at IS NOT NULL THEN
            PERFORM ledger_note_account(v_account.book, v_account.id, 'CLOSED', v_account.closed_at, v_opened);
        END IF;
    END LOOP;
    FOR v_hold IN SELECT h.* FROM ledger_hold h
                   WHERE EXISTS (SELECT FROM ledger_hold_event e WHERE e.book = h.book AND e.hold = h.id AND e.hash IS NULL) LOOP
        v_head := ledger_hold_seal(v_hold);
        FOR v_event IN SELECT e.* FROM ledger_hold_event e WHERE e.book = v_hold.book AND e.hold = v_hold.id ORDER BY e.no LOOP
            v_head := sha256(v_head || ledger_hold_body(v_event));
            UPDATE ledger_hold_event AS e SET hash = v_head WHERE e.book = v_event.book AND e.hold = v_event.hold AND e.no = v_event.no;
        END LOOP;
    END LOOP;
    ALTER TABLE ledger_hold_event ENABLE TRIGGER ledger_hold_event_append_only;
END $$;
