-- The setting up of an embedded engine, and what is asked of one that someone else runs.
-- A role's password is handed over as a SCRAM verifier made by the client: it never travels in clear.

-- name: role_exists
SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = %(role)s);

-- name: database_exists
SELECT EXISTS (SELECT FROM pg_database WHERE datname = %(database)s);

-- name: create_role
CREATE ROLE {role};

-- name: set_role
ALTER ROLE {role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION PASSWORD {verifier};

-- The text of an error can quote the value that was refused, so errors of the product's own sessions stay out of the
-- server's log; the product receives and reports them. Errors of background processes are still logged.
-- name: quiet_role
ALTER ROLE {role} SET log_min_messages = 'log';

-- name: create_database
CREATE DATABASE {database} OWNER {role};

-- name: close_database
REVOKE ALL ON DATABASE {database} FROM PUBLIC;

-- name: inspect
SELECT current_setting('server_version_num')::int AS version,
       pg_encoding_to_char(encoding) AS encoding,
       has_database_privilege(oid, 'CREATE')
           OR coalesce(has_schema_privilege(current_schema(), 'CREATE'), false) AS may_create,
       EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_trgm')
           OR (EXISTS (SELECT FROM pg_available_extension_versions WHERE name = 'pg_trgm' AND (trusted OR NOT superuser))
               AND has_database_privilege(oid, 'CREATE'))
           OR (EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pg_trgm')
               AND (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)) AS may_trigram,
       pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean AS read_only,
       datname AS database
FROM pg_database
WHERE datname = current_database();
