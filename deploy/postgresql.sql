-- Once, as a superuser of PostgreSQL: psql -f deploy/postgresql.sql. Two roles: the owner migrates, the
-- application's has no DDL and cannot change what was recorded (`oversight upgrade` gives it its rights).
CREATE ROLE oversight_owner LOGIN;
CREATE ROLE oversight_app LOGIN;
CREATE DATABASE oversight OWNER oversight_owner TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C';
REVOKE ALL ON DATABASE oversight FROM PUBLIC;
GRANT CONNECT ON DATABASE oversight TO oversight_app;
