-- The whole of a customer: what stands around a party and the parts it plays, found by links. Composed by
-- `surroundings.py` of these pieces; `{kind}` is a table's name, `{newest}` an expression of `kinds.value_expression`.

-- name: root
select '{kind}' as kind, id from {kind} where bucket = %(bucket)s and id = %(id)s

-- name: whole
-- One bucket holds it: every look-up here is by the bucket of the record that is asked for. Each search of links ends at
-- a bound, for there are parties, such as the enterprise itself, that everything points at.
with root as ({roots}),
party as (
    select id, kind from root where kind = any(%(parties)s)
    union
    select l.target_id, l.target_kind from link l join root r on l.source_id = r.id
    where l.bucket = %(bucket)s and l.attribute = %(engaged)s and r.kind = any(%(roles)s)
),
subject as (
    select id, kind from root
    union
    select id, kind from party
    union
    (select l.source_id, l.source_kind from link l join party p on l.target_id = p.id
    where l.bucket = %(bucket)s and l.attribute = %(engaged)s and l.source_kind = any(%(roles)s) limit %(bound)s)
),
touching as materialized (
    (select l.source_kind as kind, l.source_id as id, l.attribute, l.role, l.target_id as subject, true as inward
    from link l join subject s on l.target_id = s.id where l.bucket = %(bucket)s limit %(bound)s)
    union
    (select l.target_kind, l.target_id, l.attribute, l.role, l.source_id, false
    from link l join subject s on l.source_id = s.id where l.bucket = %(bucket)s limit %(bound)s)
),
near as materialized (select kind, id from touching union select kind, id from subject)
select 'root' as what, kind, id::text, null::bigint as version, null::jsonb as doc, null::text as newest,
    null::bigint as total, null::text as attribute, null::text as role, null::text as subject, null::boolean as inward
from root
union all
select 'subject', kind, id::text, null, null, null, null, null, null, null, null from subject
union all
(select 'elsewhere', kind, id::text, null, null, null, null, null, null, null, null
from near where bucket_of(id) <> %(bucket)s and kind = any(%(wanted)s) limit %(bound)s)
union all
(select 'link', kind, id::text, null, null, null, null, attribute, role, subject::text, inward
from touching where kind = any(%(people)s) limit %(most_links)s)

-- name: records_near
(select 'record', '{kind}', r.id::text, r.version, r.doc, ({newest})::text, count(*) over (), null, null, null, null
from {kind} r where r.bucket = %(bucket)s and r.id in (select id from near where kind = '{kind}')
order by {newest} desc, r.id desc limit %(limit_{kind})s)

-- name: people_near
-- Whom it is about comes before anybody else.
(select 'record', '{kind}', r.id::text, r.version, r.doc, r.id::text, count(*) over (), null, null, null, null
from {kind} r where r.bucket = %(bucket)s and r.id in (select id from near where kind = '{kind}')
order by r.id in (select id from root union all select id from party) desc, r.id desc limit %(limit_{kind})s)

-- name: records_of
(select 'record', '{kind}', r.id::text, r.version, r.doc, ({newest})::text, count(*) over (), null, null, null, null
from {kind} r where (r.bucket, r.id) in (select bucket_of(i), i from unnest(%(ids_{kind})s::uuid[]) as i)
order by {newest} desc, r.id desc limit %(limit_{kind})s)

-- name: records_then
(select '{kind}', r.id::text, r.version, r.doc, ({newest})::text
from (
    select bucket, id, version, doc from {kind} where (bucket, id) in (
        select bucket_of(i), i from unnest(%(ids_{kind})s::uuid[]) as i) and updated_at <= %(as_of)s
    union all
    select bucket, id, version, doc from {kind}_history where (bucket, id) in (
        select bucket_of(i), i from unnest(%(ids_{kind})s::uuid[]) as i)
        and updated_at <= %(as_of)s and superseded_at > %(as_of)s
) r)

-- name: sources
-- Who points at records, or did once; what each says, or said, its own document tells.
select source_kind, source_id::text from link l
where (l.bucket, l.target_id) in (select bucket_of(i), i from unnest(%(ids)s::uuid[]) as i)
    and source_kind = any(%(kinds)s)
union
select source_kind, source_id::text from former_link f
where %(former)s and (f.bucket, f.target_id) in (select bucket_of(i), i from unnest(%(ids)s::uuid[]) as i)
    and source_kind = any(%(kinds)s)
limit %(bound)s

-- name: edges
-- The links of parties among each other, from both ends.
(select source_kind, source_id::text, attribute, role, target_kind, target_id::text from link
where (bucket, source_id) in (select bucket_of(i), i from unnest(%(ids)s::uuid[]) as i)
    and source_kind = any(%(kinds)s) and target_kind = any(%(kinds)s) limit %(bound)s)
union
(select source_kind, source_id::text, attribute, role, target_kind, target_id::text from link
where (bucket, target_id) in (select bucket_of(i), i from unnest(%(ids)s::uuid[]) as i)
    and source_kind = any(%(kinds)s) and target_kind = any(%(kinds)s) limit %(bound)s)

-- name: held
select '{kind}', id::text, true from {kind} where (bucket, id) in (select bucket_of(i), i from unnest(%(ids)s::uuid[]) as i)

-- name: gone
select kind, id::text, false from deleted_record
where (bucket, id) in (select bucket_of(i), i from unnest(%(ids)s::uuid[]) as i) and kind = any(%(kinds)s)
