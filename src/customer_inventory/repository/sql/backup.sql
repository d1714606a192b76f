-- What a backup and a restore ask of the database beside pg_dump and pg_restore.

-- A dump may take longer than any limit made for requests.
-- name: patience
set statement_timeout = 0; set idle_in_transaction_session_timeout = 0; set lock_timeout = '10s';

-- name: export_snapshot
select pg_export_snapshot();

-- Every table that holds rows of its own and is not part of an extension, nor what a restore brings beside the backup.
-- name: tables
select n.nspname, c.relname
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
where c.relkind = 'r' and c.relpersistence <> 't'
  and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'restoring')
  and not exists (select from pg_depend d
                  where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
order by n.nspname collate "C", c.relname collate "C";

-- name: count
select count(*) from only {table};

-- name: any_row
select exists (select from only {table});

-- name: content_table
select to_regclass('content') is not null;

-- The contents of attachments that lie in a directory.
-- name: outside
select bucket, encode(sha256, 'hex') from content where bytes is null order by bucket, sha256;

-- name: take_in
update content set bytes = %b where bucket = %s and sha256 = %s;

-- name: revision_table
select to_regclass('alembic_version') is not null;

-- name: revision
select version_num from alembic_version;

-- Schemas that hold anything, or are not there in an empty database; extensions' own schemas go with the extension.
-- name: schemas
select n.nspname
from pg_namespace n
where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  and (n.nspname <> 'public'
       or exists (select from pg_class where relnamespace = n.oid)
       or exists (select from pg_proc where pronamespace = n.oid)
       or exists (select from pg_type where typnamespace = n.oid)
       or exists (select from pg_extension where extnamespace = n.oid));

-- name: drop_schema
drop schema if exists {schema} cascade;

-- As initdb makes it, so that a later dump of this database does not mention it either.
-- name: create_public
create schema public authorization pg_database_owner;
grant usage on schema public to public;
comment on schema public is 'standard public schema';

-- name: rebase_function
select to_regprocedure('repository_rebase_positions()') is not null;

-- name: rebase
select repository_rebase_positions();

-- A restored table has no statistics, and the first plans would be guesses.
-- name: analyze
analyze;

-- How many servers and commands of ours are at work on the database.
-- name: others
select count(*) from pg_stat_activity where datname = current_database() and application_name = 'customer_inventory';
