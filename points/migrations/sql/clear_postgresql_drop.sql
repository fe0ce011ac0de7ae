DROP FUNCTION points_clear(bigint, text, text, text, text, timestamptz, timestamptz, timestamptz, timestamptz, timestamptz, bigint, integer[], integer, bigint, integer, bigint[]);
DROP FUNCTION points_was_told(bigint, timestamptz, timestamptz, integer[], integer);
