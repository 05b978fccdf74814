DROP TRIGGER ledger_entry_reversal_once ON ledger_entry;
DROP FUNCTION ledger_refuse_reversal_of_reversal, ledger_post_and_hold, ledger_post_many, ledger_batch_replay, ledger_batch_write,
    ledger_batch_judge, ledger_batch_verdict, ledger_batch_room, ledger_batch_faults, ledger_batch_legs;
DROP AGGREGATE ledger_chain (bytea, bytea);
DROP FUNCTION ledger_chain_step;
DROP TYPE ledger_leg, ledger_verdict;
