-- The setting up of an embedded engine, and what is asked of one that someone else runs.
-- A role's password is handed over as a SCRAM verifier made by the client: it never travels in clear.

-- name: role_exists
select exists (select from pg_roles where rolname = %(role)s);

-- name: database_exists
select exists (select from pg_database where datname = %(database)s);

-- name: create_role
create role {role};

-- name: set_role
alter role {role} login nosuperuser nocreatedb nocreaterole noreplication password {verifier};

-- The text of an error can quote the value that was refused, so errors of the product's own sessions stay out of the
-- server's log; the product receives and reports them. Errors of background processes are still logged.
-- name: quiet_role
alter role {role} set log_min_messages = 'log';

-- name: create_database
create database {database} owner {role};

-- name: close_database
revoke all on database {database} from public;

-- name: inspect
select pg_encoding_to_char(encoding) as encoding,
       has_database_privilege(oid, 'CREATE')
           or coalesce(has_schema_privilege(current_schema(), 'CREATE'), false) as may_create,
       exists (select from pg_extension where extname = 'pg_trgm')
           or (exists (select from pg_available_extension_versions where name = 'pg_trgm' and (trusted or not superuser))
               and has_database_privilege(oid, 'CREATE'))
           or (exists (select from pg_available_extensions where name = 'pg_trgm')
               and (select rolsuper from pg_roles where rolname = current_user)) as may_trigram,
       pg_is_in_recovery() or current_setting('transaction_read_only')::boolean as read_only,
       datname as database
from pg_database
where datname = current_database();
