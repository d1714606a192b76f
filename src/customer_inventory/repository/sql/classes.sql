-- The records of one class of a kind whose classes are specified at run time. `{kind}` is the table's name.

-- name: of_class
select id::text, version, doc, terms from {kind} where terms @> array[%s::text]

-- name: number_of_class
select count(*) from (select from {kind} where terms @> array[%s::text] limit %s) as found

-- name: lock_unchanged
-- In one order everywhere; a record that was written meanwhile is as its writer left it.
select r.id::text from {kind} r
join unnest(%s::uuid[], %s::bigint[]) as i(id, version)
    on (r.bucket, r.id, r.version) = (bucket_of(i.id), i.id, i.version)
order by r.bucket, r.id for no key update of r

-- name: search_by
-- No new version: what a record is found by is none of its content.
update {kind} r set terms = i.terms::text[]
from unnest(%s::uuid[], %s::text[]) as i(id, terms)
where (r.bucket, r.id) = (bucket_of(i.id), i.id)

-- name: alone
-- Held until the connection ends; the number stands for nothing.
select pg_advisory_lock(6620703)
