-- Cleaning files of what was erased (scrubbing.py).

-- name: patience
set statement_timeout = 0; set idle_in_transaction_session_timeout = 0; set lock_timeout = '5s';

-- name: due
-- The largest come last: what is quick is clean soon.
select table_name from scrub_due where to_regclass(table_name) is not null
order by pg_total_relation_size(to_regclass(table_name)), table_name

-- name: rewrite
-- Into new files, with every index; the old ones are gone at the next checkpoint. `{table}` is a name from the schema.
-- It tells of row versions that are dead and stay, because somebody's transaction could still see them.
vacuum (full, verbose, analyze) {table}

-- name: parts
-- A table and its indexes: of expressions the statistics are kept with the index.
select to_regclass(%(table)s)::oid union all select indexrelid from pg_index where indrelid = to_regclass(%(table)s)

-- name: clear
-- What ANALYZE told before: of a table that is empty now it would stay. Since PostgreSQL 18 the owner may do it.
select pg_clear_attribute_stats(n.nspname, c.relname, a.attname, false)
from pg_class c join pg_namespace n on n.oid = c.relnamespace
join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
where c.oid = any(%s::oid[])

-- name: clear_as_superuser
delete from pg_statistic where starelid = any(%s::oid[])

-- name: done
delete from scrub_due where table_name = any(%s) and since <= %s

-- name: statistics
-- Where the planner keeps the most frequent values of columns.
vacuum (full, verbose) pg_statistic

-- ---------------------------------------------------------------- the write-ahead log, as superuser

-- name: keep_none
alter system set wal_recycle = off

-- name: keep_again
alter system reset wal_recycle

-- name: reload
select pg_reload_conf()

-- name: segments
-- How many files lie ahead that were used before: they hold what they held until they are used again.
select count(*) from pg_ls_waldir() where name > pg_walfile_name(pg_current_wal_insert_lsn()) and length(name) = 24

-- name: fill
-- Whoever leaves a file of the log fills the rest of it with zeros.
select pg_logical_emit_message(false, 'customer_inventory', 'scrub'), pg_switch_wal()

-- name: checkpoint
checkpoint
