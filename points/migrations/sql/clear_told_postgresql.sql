-- Whether a member had every notice without which these points may not be cleared. A notice
-- counts up to `late` days after its day; points that came after that day do not owe it.
CREATE FUNCTION points_was_told(
    account bigint, ends timestamptz, usable timestamptz, required integer[], late integer
) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
DECLARE
    stage_ integer;
BEGIN
    FOREACH stage_ IN ARRAY required LOOP
        IF usable <= ends - make_interval(days => stage_) AND NOT EXISTS (
            SELECT 1 FROM points_expirynotice n
            WHERE n.account_id = account AND n.deadline = ends AND n.stage = stage_
              AND n.days_left >= stage_ - late
        ) THEN
            RETURN false;
        END IF;
    END LOOP;
    RETURN true;
END $$;
