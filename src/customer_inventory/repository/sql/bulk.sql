-- Bulk loading and bulk reading. `{kind}` is the table's name. A batch is one transaction: new records go in by COPY,
-- records that are there already are compared, and only those that differ are locked and replaced.

-- name: lock_source
-- One import of a source at a time, so that none of its records comes twice; ends with the connection, however that ends.
select pg_try_advisory_lock(%s, %s)

-- name: make_seen
-- The source ids of this run, so that memory stays flat however long the file is.
create temporary table seen (key text primary key, number bigint not null)

-- name: add_seen
insert into seen select * from unnest(%s::text[], %s::bigint[]) on conflict do nothing returning number

-- name: seen_at
select key, number from seen where key = any(%s::text[])

-- name: fail_abandoned
-- Whoever holds the source knows that no other run of it is alive: what still says so was killed.
update import_run set status = 'failed', finished_at = %s where source = %s and status = 'running'

-- name: start_run
insert into import_run (id, file_name, directory, source, started_by, started_at, status)
values (%s, %s, %s, %s, %s, %s, 'running')

-- name: last_run
select file_name, directory, started_at from import_run where source = %s order by started_at desc limit 1

-- name: count_run
update import_run set rows_read = rows_read + %s, accepted = accepted + %s, rejected = rejected + %s,
    created = created + %s, updated = updated + %s, unchanged = unchanged + %s
where id = %s

-- name: end_run
update import_run set finished_at = %s, status = %s where id = %s

-- name: run
select rows_read, accepted, rejected, created, updated, unchanged, status from import_run where id = %s

-- name: source_is_new
select not exists (select from source_record where source = %s)

-- name: known
select t.kind, t.source_id, s.record_id::text
from unnest(%s::smallint[], %s::text[], %s::text[]) as t(bucket, kind, source_id)
join source_record s on (s.bucket, s.kind, s.source, s.source_id) = (t.bucket, t.kind, %s, t.source_id)

-- name: once_held
-- Which ids are held, or were once and were deleted.
select i::text from unnest(%s::uuid[]) as i
where exists (select from {kind} r where (r.bucket, r.id) = (bucket_of(i), i))
    or exists (select from {kind}_history h where (h.bucket, h.id) = (bucket_of(i), i))

-- name: undone
-- Which deleted records come back with the rows that had brought them: those whose coming was undone, and that nobody
-- ever deleted on purpose.
select d.id::text from deleted_record d
join change c on (c.bucket, c.id) = (bucket_of(d.change_id), d.change_id) and c.operation = 'undo'
where d.kind = '{kind}' and (d.bucket, d.id) in (select bucket_of(i), i from unnest(%s::uuid[]) as i)
    and not exists (
        select from {kind}_history h
        join change e on (e.bucket, e.id) = (bucket_of(h.superseded_by), h.superseded_by)
        where (h.bucket, h.id) = (d.bucket, d.id) and e.operation = 'delete')

-- name: before
-- What records hold that rows are about to take the place of.
select r.id::text, r.version, r.doc from {kind} r
join unnest(%s::smallint[], %s::uuid[]) as i(bucket, id) on (r.bucket, r.id) = (i.bucket, i.id)

-- name: lock_targets
select r.id::text from {kind} r where (r.bucket, r.id) in (select bucket_of(i), i from unnest(%s::uuid[]) as i)
for key share

-- name: compare
select i.id::text, case when r.id is null then 'absent' when r.doc = i.doc::jsonb then 'same' else 'differs' end
from unnest(%s::smallint[], %s::uuid[], %s::text[]) as i(bucket, id, doc)
left join {kind} r on (r.bucket, r.id) = (i.bucket, i.id)

-- name: lock
-- In one order everywhere, so that two batches never wait for each other in a circle.
select r.position, r.id::text, r.version from {kind} r
join unnest(%s::smallint[], %s::uuid[]) as i(bucket, id) on (r.bucket, r.id) = (i.bucket, i.id)
order by r.bucket, r.id for no key update of r

-- name: lock_deleted
select d.position, d.id::text, d.version from deleted_record d
join unnest(%s::smallint[], %s::uuid[]) as i(bucket, id) on (d.bucket, d.id) = (i.bucket, i.id)
where d.kind = '{kind}' order by d.bucket, d.id for update of d

-- name: position
select feed_position()

-- name: replace
with incoming as materialized (
    select bucket, id, doc::jsonb as doc, terms::text[] as terms, label
    from unnest(%(buckets)s::smallint[], %(ids)s::uuid[], %(docs)s::text[], %(terms)s::text[], %(labels)s::text[])
        as i(bucket, id, doc, terms, label)
), old as (
    select r.*, greatest(%(at)s::timestamptz, r.updated_at + interval '1 microsecond') as until
    from {kind} r join incoming i on (r.bucket, r.id) = (i.bucket, i.id)
), kept as (
    insert into {kind}_history
    select bucket, id, version, doc, terms, label, change_id, position, created_at, updated_at, until, %(change)s::uuid
    from old
), fed as (
    insert into change_record
    select %(position)s::bigint, bucket, id, version + 1, '{kind}', 'modify', %(change)s::uuid from old
)
update {kind} r set version = o.version + 1, doc = i.doc, terms = i.terms, label = i.label, change_id = %(change)s::uuid,
    position = %(position)s::bigint, updated_at = o.until
from incoming i join old o on (o.bucket, o.id) = (i.bucket, i.id)
where (r.bucket, r.id) = (i.bucket, i.id)

-- name: bring_back
with incoming as materialized (
    select i.bucket, i.id, i.doc::jsonb as doc, i.terms::text[] as terms, i.label, d.version + 1 as version,
        h.created_at, greatest(%(at)s::timestamptz, d.deleted_at + interval '1 microsecond') as updated_at
    from unnest(%(buckets)s::smallint[], %(ids)s::uuid[], %(docs)s::text[], %(terms)s::text[], %(labels)s::text[])
        as i(bucket, id, doc, terms, label)
    join deleted_record d on (d.bucket, d.kind, d.id) = (i.bucket, '{kind}', i.id)
    join {kind}_history h on (h.bucket, h.id, h.version) = (d.bucket, d.id, d.version - 1)
), back as (
    insert into {kind} (bucket, id, version, doc, terms, label, change_id, position, created_at, updated_at)
    select bucket, id, version, doc, terms, label, %(change)s::uuid, %(position)s::bigint, created_at, updated_at
    from incoming
), fed as (
    insert into change_record
    select %(position)s::bigint, bucket, id, version, '{kind}', 'create', %(change)s::uuid from incoming
)
delete from deleted_record d using incoming i where (d.bucket, d.kind, d.id) = (i.bucket, '{kind}', i.id)

-- name: unlink
select drop_links(i) from unnest(%s::uuid[]) as i

-- name: add_change
insert into change values (bucket_of(%(id)s), %(id)s, %(position)s, %(at)s, %(client)s, %(person)s, %(purpose)s,
    'import', %(source)s, %(reason)s, %(request)s)

-- name: add_trail
insert into trail values (bucket_of(%(id)s), %(id)s, %(at)s, %(client)s, %(person)s, %(purpose)s,
    %(verb)s, %(kind)s, %(outcome)s, %(shown)s::uuid[], %(request)s)

-- name: copy_records
copy {kind} (bucket, id, doc, terms, label, version, change_id, position, created_at, updated_at) from stdin

-- name: copy_feed
copy change_record (bucket, record_id, version, kind, operation, change_id, position) from stdin

-- name: copy_links
copy link (bucket, source_id, attribute, target_id, role, source_kind, target_kind, strict) from stdin

-- name: copy_source_records
copy source_record (bucket, kind, source, source_id, record_id) from stdin

-- name: analyze
analyze {kind}

-- name: analyze_links
analyze link

-- name: analyze_feed
-- Every list counts on from a place of the feed: before the planner knows how far that goes, it reads the whole of it.
analyze change_record (position)

-- name: settle_terms
-- What a load leaves in the pending lists of the GIN indexes would slow down the first searches.
select gin_clean_pending_list('{kind}_terms'), gin_clean_pending_list('{kind}_label')

-- name: copy_out
-- One line a record, exactly as the API gives it. JSON holds no raw control characters, so that with two of them as
-- quote and delimiter no byte is ever rewritten.
copy (select '{"id":"' || id || '","href":"{base}/' || id || '",' || substr(doc::text, 2) from {kind}) to stdout (format csv, quote E'\x01', delimiter E'\x02')

-- name: estimate
select greatest(reltuples, 0)::bigint from pg_class where oid = '{kind}'::regclass

-- name: one_moment
set transaction isolation level repeatable read read only

-- name: to_the_end
-- All of what a cursor finds is wanted, not its beginning soon.
set local cursor_tuple_fraction = 1

-- name: settled_position
select coalesce(max(position), 0)::bigint from change_record where position < feed_horizon()
