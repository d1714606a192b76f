-- The indexes of searchable attributes: which there are, how far one is, how long one would take, how one is made.
-- In braces: `{kind}` a table, `{name}` and `{keys}` of `kinds.Index`, `{expression}` what it is of.

-- name: standing
select i.relname::text, x.indisvalid and x.indisready and x.indislive
from pg_index x join pg_class i on i.oid = x.indexrelid join pg_class t on t.oid = x.indrelid
where t.relname = any(%s::name[]) and t.relkind in ('r', 'p') and pg_table_is_visible(t.oid)
    and (starts_with(i.relname::text, t.relname || '_by_') or starts_with(i.relname::text, t.relname || '_asked_'))

-- name: enter
-- What an index needs of its table. Readers and writers do not notice; vacuum, or another change of the schema, is
-- waited for here, where giving up costs nothing.
lock table {kind} in share update exclusive mode

-- name: build
create index concurrently {name} on {kind} {keys}

-- name: drop
drop index concurrently if exists {name}

-- name: look
-- The planner knows nothing of an expression before the table is looked at again.
analyze {kind}

-- name: progress
select c.relname::text, p.phase, p.blocks_done::float8 / nullif(p.blocks_total, 0),
    p.tuples_done::float8 / nullif(p.tuples_total, 0)
from pg_stat_progress_create_index p join pg_class c on c.oid = p.index_relid
where p.datname = current_database()

-- name: size
-- How many records a table has as the planner believes (-1: it does not know), and how many pages.
select reltuples::bigint, pg_relation_size('{kind}') / current_setting('block_size')::bigint
from pg_class where oid = '{kind}'::regclass

-- name: number
select count(*) from {kind}

-- name: longest
-- How many bytes of text are sure to fit: a third of a page (BTMaxItemSize of nbtree.h) without what else stands there:
-- the header of the entry, that of the text, a bucket and an id.
select (current_setting('block_size')::integer - 56) / 24 * 8 - 8 - 30

-- name: long_table
create temporary table long_value (value text) on commit drop

-- name: keep_long
-- Kept, they are compressed as they would be in the index.
insert into long_value select {expression} from {kind} where octet_length({expression}) > %s limit %s

-- name: too_long
-- What is not compressed into a row stands beside it, where its size is told without its header.
select count(*) filter (where pg_column_size(value) > %s), count(*) from long_value

-- name: count_long
select count(*) from {kind} where octet_length({expression}) > %s

-- name: sample
-- What a build does with each record, done with some: the value is made and brought into order.
explain (analyze, timing off, buffers off, format json)
select {expression}, bucket, id from {kind} tablesample system (%s::float4) order by 1, 2, 3

-- name: sample_pages
-- The same records, only looked at: what the second look of a build costs.
explain (analyze, timing off, buffers off, format json) select bucket, id from {kind} tablesample system (%s::float4)
