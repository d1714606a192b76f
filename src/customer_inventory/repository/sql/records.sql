-- Statements of one record. `{kind}` is the table's name.

-- name: get
select version, doc from {kind} where bucket = %s and id = %s

-- name: get_as_of
select version, doc from {kind} where bucket = %(bucket)s and id = %(id)s and updated_at <= %(as_of)s
union all
select version, doc from {kind}_history
where bucket = %(bucket)s and id = %(id)s and updated_at <= %(as_of)s and superseded_at > %(as_of)s

-- name: get_version
select version, doc from {kind} where bucket = %(bucket)s and id = %(id)s and version = %(version)s
union all
select version, doc from {kind}_history where bucket = %(bucket)s and id = %(id)s and version = %(version)s

-- name: standing
-- The record as it is, or the number of its deletion.
select version, doc from {kind} where bucket = %(bucket)s and id = %(id)s
union all
select version, null from deleted_record where bucket = %(bucket)s and kind = '{kind}' and id = %(id)s

-- name: versions
-- A page of a record's versions, newest first, with the change that wrote each; a deletion is one of them. Documents are
-- fetched for the page alone.
with held as (
    select version, change_id, updated_at, null::uuid as superseded_by, null::timestamptz as superseded_at
    from {kind} where bucket = %(bucket)s and id = %(id)s
    union all
    select version, change_id, updated_at, superseded_by, superseded_at
    from {kind}_history where bucket = %(bucket)s and id = %(id)s
), every as (
    select version, change_id, updated_at as since from held
    union all
    select version + 1, superseded_by, superseded_at from held h
    where superseded_by is not null and not exists (select from held n where n.version = h.version + 1)
), page as (
    select version, change_id, since, lead(since) over (order by version) as until, count(*) over () as total
    from every where since <= coalesce(%(as_of)s::timestamptz, 'infinity')
)
select p.version, d.doc, p.since, c.operation, c.client_id, c.person, c.purpose, c.source, c.reason, p.until,
    p.change_id::text, p.total
from page p
left join change c on c.bucket = bucket_of(p.change_id) and c.id = p.change_id
left join lateral (
    select r.doc from {kind} r where (r.bucket, r.id, r.version) = (%(bucket)s, %(id)s, p.version)
    union all
    select h.doc from {kind}_history h where (h.bucket, h.id, h.version) = (%(bucket)s, %(id)s, p.version)
) d on true
where p.version < coalesce(%(before)s::bigint, 9223372036854775807)
order by p.version desc limit %(limit)s offset %(offset)s

-- name: create
select outcome, record_id, record_version from {kind}_create(
    %s, %s, %s::jsonb, %s::text[], %s::text, %s::text[], %s::uuid[], %s::text[], %s::text[], %s::boolean[],
    %s, %s, %s::text, %s::text, %s::text, %s::text, %s::text, %s::text, %s::smallint, %s::text, %s::bytea, %s)

-- name: replace
select outcome, record_id, record_version from {kind}_replace(
    %s, %s, %s, %s::jsonb, %s::text[], %s::text, %s, %s::text[], %s::uuid[], %s::text[], %s::text[], %s::boolean[],
    %s, %s, %s::text, %s::text, %s::text, %s::text, %s::text, %s::text, %s::smallint, %s::text, %s::bytea, %s, %s::text, %s, %s::text)

-- name: stamp
select count(*), coalesce(max(position), 0) from {kind}

-- name: existing
select id from {kind} where (bucket, id) = (%s, %s)

-- name: lock_existing
select id from {kind} where (bucket, id) = (%s, %s) for key share

-- name: existing_of_many
select id from {kind} where (bucket, id) in (select bucket_of(i), i from unnest(%(id)s::uuid[]) as i)

-- name: lock_existing_of_many
select id from {kind} where (bucket, id) in (select bucket_of(i), i from unnest(%(id)s::uuid[]) as i)
order by bucket, id for key share

-- name: linked_from
-- Who points at a record: customer pages and, later, customer 360 and re-pointing on merge.
select source_kind, source_id::text, attribute, role from link
where bucket = %s and target_id = %s order by source_kind, attribute, source_id limit %s

-- name: seen
-- The first answer to a request with this idempotency key, if there was one.
select case when fingerprint = %s then 'replayed' else 'reused' end, record_id, version from idempotency
where bucket = %s and client_id = %s and key = %s
