"""A roster as an office sends it: read, compared, and written all or nothing."""
