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

-- name: versions
-- Every version of a record, newest first, with the change that wrote it; a deleted record starts with its deletion.
with version as (
    select version, doc, change_id, updated_at, null::uuid as superseded_by, null::timestamptz as superseded_at
    from {kind} where bucket = %(bucket)s and id = %(id)s
    union all
    select version, doc, change_id, updated_at, superseded_by, superseded_at
    from {kind}_history where bucket = %(bucket)s and id = %(id)s
), deletion as (
    select version + 1 as version, null::jsonb as doc, superseded_by as change_id, superseded_at as updated_at
    from version v where superseded_by is not null and not exists (select from version n where n.version > v.version)
), every as (
    select version, doc, change_id, updated_at from version
    union all select version, doc, change_id, updated_at from deletion
)
select e.version, e.doc, e.updated_at, c.operation, c.client_id, c.person, c.purpose, c.source, c.reason
from every e left join change c on c.bucket = bucket_of(e.change_id) and c.id = e.change_id
order by e.version desc limit %(limit)s

-- name: create
select outcome, record_id, record_version from {kind}_create(
    %s, %s, %s::jsonb, %s::text[], %s::text, %s::text[], %s::uuid[], %s::text[], %s::text[], %s::boolean[],
    %s, %s, %s::text, %s::text, %s::text, %s::text, %s::text, %s::text, %s::smallint, %s::text, %s::bytea, %s)

-- name: replace
select outcome, record_id, record_version from {kind}_replace(
    %s, %s, %s, %s::jsonb, %s::text[], %s::text, %s, %s::text[], %s::uuid[], %s::text[], %s::text[], %s::boolean[],
    %s, %s, %s::text, %s::text, %s::text, %s::text, %s::text, %s::text, %s::smallint, %s::text, %s::bytea, %s)

-- name: existing
select id::text from {kind} where (bucket, id) = (bucket_of(%(id)s::uuid), %(id)s::uuid)

-- name: lock_existing
select id::text from {kind} where (bucket, id) = (bucket_of(%(id)s::uuid), %(id)s::uuid) for key share

-- name: existing_of_many
select id::text from {kind} where (bucket, id) in (select bucket_of(i), i from unnest(%(id)s::uuid[]) as i)

-- name: lock_existing_of_many
select id::text from {kind} where (bucket, id) in (select bucket_of(i), i from unnest(%(id)s::uuid[]) as i)
order by bucket, id for key share

-- name: linked_from
-- Who points at a record: customer pages and, later, customer 360 and re-pointing on merge.
select source_kind, source_id::text, attribute, role from link
where bucket = %s and target_id = %s order by source_kind, attribute, source_id limit %s

-- name: seen
-- The first answer to a request with this idempotency key, if there was one.
select case when fingerprint = %s then 'replayed' else 'reused' end, record_id, version from idempotency
where bucket = %s and client_id = %s and key = %s
