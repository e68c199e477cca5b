#!/bin/sh
# In the container of PostgreSQL, once: the two roles log in over the network.
set -e
psql -v ON_ERROR_STOP=1 -U postgres -v owner="$OWNER_PASSWORD" -v app="$APP_PASSWORD" <<'SQL'
ALTER ROLE oversight_owner PASSWORD :'owner';
ALTER ROLE oversight_app PASSWORD :'app';
SQL
