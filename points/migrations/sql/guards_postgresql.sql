-- The ledger's truths, kept by the database however the rows are written.
-- docs/algorithms/ledger.md explains each trigger under its name.

CREATE FUNCTION points_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused: %', TG_OP, TG_TABLE_NAME, TG_ARGV[0]
        USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE TRIGGER points_entry_append_only BEFORE UPDATE OR DELETE ON points_entry
    FOR EACH ROW EXECUTE FUNCTION points_refuse('entries are append-only');
CREATE TRIGGER points_entry_no_truncate BEFORE TRUNCATE ON points_entry
    FOR EACH STATEMENT EXECUTE FUNCTION points_refuse('entries are append-only');
CREATE TRIGGER points_account_kept BEFORE DELETE ON points_account
    FOR EACH ROW EXECUTE FUNCTION points_refuse('accounts are kept');
CREATE TRIGGER points_lot_kept BEFORE DELETE ON points_lot
    FOR EACH ROW EXECUTE FUNCTION points_refuse('lots are kept');
CREATE TRIGGER points_lotuse_kept BEFORE DELETE ON points_lotuse
    FOR EACH ROW EXECUTE FUNCTION points_refuse('uses of lots are kept');
CREATE TRIGGER points_hold_kept BEFORE DELETE ON points_hold
    FOR EACH ROW EXECUTE FUNCTION points_refuse('holds are kept');
CREATE TRIGGER points_account_no_truncate BEFORE TRUNCATE ON points_account
    FOR EACH STATEMENT EXECUTE FUNCTION points_refuse('accounts are kept');
CREATE TRIGGER points_lot_no_truncate BEFORE TRUNCATE ON points_lot
    FOR EACH STATEMENT EXECUTE FUNCTION points_refuse('lots are kept');
CREATE TRIGGER points_lotuse_no_truncate BEFORE TRUNCATE ON points_lotuse
    FOR EACH STATEMENT EXECUTE FUNCTION points_refuse('uses of lots are kept');
CREATE TRIGGER points_hold_no_truncate BEFORE TRUNCATE ON points_hold
    FOR EACH STATEMENT EXECUTE FUNCTION points_refuse('holds are kept');

CREATE FUNCTION points_entry_check() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    account_status text;
    prior record;
BEGIN
    SELECT status INTO account_status FROM points_account WHERE id = NEW.account_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'entry without an account' USING ERRCODE = 'foreign_key_violation';
    END IF;
    IF account_status = 'frozen' AND (
        NEW.kind IN ('spend', 'hold', 'capture', 'mature', 'transfer_out', 'transfer_in')
        OR (NEW.kind = 'adjust' AND NEW.d_available < 0)
        OR (NEW.kind = 'earn' AND NEW.d_available > 0)
    ) THEN
        RAISE EXCEPTION 'account % is frozen', NEW.account_id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NEW.seq = 1 THEN
        IF NEW.available_after = NEW.d_available AND NEW.held_after = NEW.d_held
           AND NEW.pending_after = NEW.d_pending AND NEW.debt_after = NEW.d_debt THEN
            RETURN NEW;
        END IF;
    ELSE
        SELECT available_after, held_after, pending_after, debt_after INTO prior
            FROM points_entry WHERE account_id = NEW.account_id AND seq = NEW.seq - 1;
        IF FOUND AND NEW.available_after = prior.available_after + NEW.d_available
           AND NEW.held_after = prior.held_after + NEW.d_held
           AND NEW.pending_after = prior.pending_after + NEW.d_pending
           AND NEW.debt_after = prior.debt_after + NEW.d_debt THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'entry % of account % does not follow the one before it',
        NEW.seq, NEW.account_id USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER points_entry_follows BEFORE INSERT ON points_entry
    FOR EACH ROW EXECUTE FUNCTION points_entry_check();

CREATE FUNCTION points_account_check() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.seq < OLD.seq OR NOT EXISTS (
        SELECT 1 FROM points_entry e
        WHERE e.account_id = NEW.id AND e.seq = NEW.seq
          AND e.available_after = NEW.available AND e.held_after = NEW.held
          AND e.pending_after = NEW.pending AND e.debt_after = NEW.debt AND e.hash = NEW.chain
    ) THEN
        RAISE EXCEPTION 'account % does not equal its last entry', NEW.id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER points_account_follows BEFORE UPDATE ON points_account FOR EACH ROW
    WHEN (NEW.seq <> OLD.seq OR NEW.available <> OLD.available OR NEW.held <> OLD.held
          OR NEW.pending <> OLD.pending OR NEW.debt <> OLD.debt OR NEW.chain <> OLD.chain)
    EXECUTE FUNCTION points_account_check();
CREATE TRIGGER points_account_identity BEFORE UPDATE ON points_account FOR EACH ROW
    WHEN (NEW.id <> OLD.id OR NEW.member_id <> OLD.member_id OR NEW.unit <> OLD.unit
          OR NEW.opened_at <> OLD.opened_at)
    EXECUTE FUNCTION points_refuse('an account keeps its owner');
CREATE FUNCTION points_account_opens_empty() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.available + NEW.held + NEW.pending + NEW.debt + NEW.seq <> 0 THEN
        RAISE EXCEPTION 'an account opens empty' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER points_account_opens BEFORE INSERT ON points_account
    FOR EACH ROW EXECUTE FUNCTION points_account_opens_empty();

CREATE FUNCTION points_lot_check() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM points_entry
                   WHERE id = NEW.entry_id AND account_id = NEW.account_id) THEN
        RAISE EXCEPTION 'lot without its entry' USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER points_lot_granted BEFORE INSERT ON points_lot
    FOR EACH ROW EXECUTE FUNCTION points_lot_check();
CREATE TRIGGER points_lot_identity BEFORE UPDATE ON points_lot FOR EACH ROW
    WHEN (NEW.id <> OLD.id OR NEW.account_id <> OLD.account_id OR NEW.entry_id <> OLD.entry_id
          OR NEW.granted <> OLD.granted OR NEW.earned_at <> OLD.earned_at
          OR NEW.expires_at <> OLD.expires_at
          OR (OLD.expired > 0 AND (NEW.expired <> OLD.expired
                                   OR NEW.expired_by_id IS DISTINCT FROM OLD.expired_by_id)))
    EXECUTE FUNCTION points_refuse('what a lot granted, until when, and its expiry are final');

CREATE FUNCTION points_lotuse_check() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    kind text;
    at timestamptz;
    dies timestamptz;
BEGIN
    SELECT e.kind, e.occurred_at, l.expires_at INTO kind, at, dies
        FROM points_entry e, points_lot l
        WHERE e.id = NEW.entry_id AND l.id = NEW.lot_id AND l.account_id = e.account_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'entry % and lot % do not belong together', NEW.entry_id, NEW.lot_id
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    IF NEW.amount > 0 AND dies <= at AND kind IN ('spend', 'hold', 'transfer_out', 'adjust') THEN
        RAISE EXCEPTION 'lot % had lapsed', NEW.lot_id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER points_lotuse_bound BEFORE INSERT ON points_lotuse
    FOR EACH ROW EXECUTE FUNCTION points_lotuse_check();
CREATE TRIGGER points_lotuse_identity BEFORE UPDATE ON points_lotuse FOR EACH ROW
    WHEN (NEW.id <> OLD.id OR NEW.entry_id <> OLD.entry_id OR NEW.lot_id <> OLD.lot_id
          OR NEW.bucket <> OLD.bucket OR NEW.amount <> OLD.amount
          OR NEW.restored < OLD.restored OR NEW.forfeited < OLD.forfeited)
    EXECUTE FUNCTION points_refuse('what was taken from a lot is final');

CREATE TRIGGER points_hold_identity BEFORE UPDATE ON points_hold FOR EACH ROW
    WHEN (NEW.entry_id <> OLD.entry_id OR NEW.points <> OLD.points OR OLD.state <> 'active')
    EXECUTE FUNCTION points_refuse('a closed hold is final');

-- Updates of hot rows stay on their page, and vacuum keeps up with them.
ALTER TABLE points_account SET (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02);
ALTER TABLE points_lot SET (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.02);
ALTER TABLE points_entry SET (autovacuum_vacuum_insert_scale_factor = 0.05);
