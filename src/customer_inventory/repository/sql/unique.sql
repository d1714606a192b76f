-- Values that no two records of a kind or class may share. Each is held by one record: the key of the table decides between
-- two writers, and the later one waits until the earlier one has ended.

-- name: hold
-- In one order everywhere, so that two writers do not wait for each other in a circle. An update that changes nothing
-- locks the row of whoever has the value already, and tells who that is.
insert into unique_value as held (bucket, digest, record_id, requirement)
select i.bucket, i.digest, i.record_id, i.requirement
from unnest(%(buckets)s::smallint[], %(digests)s::bytea[], %(ids)s::uuid[], %(requirements)s::text[])
    as i(bucket, digest, record_id, requirement)
order by i.bucket, i.digest
on conflict (bucket, digest) do update set record_id = held.record_id
returning digest, record_id::text, xmax = 0

-- name: elsewhere
-- Which of these values other records have, though none holds them: they had them before they had to be unique.
select term, r.id::text from {kind} r, unnest(r.terms) as term
where r.terms && %(terms)s::text[] and term = any(%(terms)s::text[]) and r.id <> all(%(writing)s::uuid[])
limit %(most)s

-- name: take_over
update unique_value u set record_id = i.record_id
from unnest(%(buckets)s::smallint[], %(digests)s::bytea[], %(ids)s::uuid[]) as i(bucket, digest, record_id)
where (u.bucket, u.digest) = (i.bucket, i.digest)

-- name: holders
select u.digest, u.record_id::text from unique_value u
join unnest(%(buckets)s::smallint[], %(digests)s::bytea[]) as i(bucket, digest)
    on (u.bucket, u.digest) = (i.bucket, i.digest)

-- name: release
-- What records hold and do not have any more.
delete from unique_value u where u.record_id = any(%(released)s::uuid[]) and not exists (
    select from unnest(%(digests)s::bytea[], %(ids)s::uuid[]) as i(digest, record_id)
    where (i.digest, i.record_id) = (u.digest, u.record_id))

-- name: settled
select id from unique_requirement

-- name: mark
select pg_current_xact_id()::text

-- name: passed
-- Whether all that had begun to write before has ended.
select pg_snapshot_xmin(pg_current_snapshot()) > %s::xid8

-- name: fill
-- Let the records of some buckets hold the values that a requirement demands to be unique. Who writes one of them
-- meanwhile has it before or afterwards: the records are locked before anything is held. Of a value that several have,
-- one holds it.
with there as materialized (
    select r.id, r.terms from {kind} r
    where r.bucket between %(first)s and %(last)s and (%(named)s::text is null or r.terms @> array[%(named)s::text])
        and exists (select from unnest(r.terms) as term where term ^@ any(%(prefixes)s::text[]))
    order by r.bucket, r.id for no key update of r
), wanted as (
    select distinct on (digest) digest, id
    from there, unnest(terms) as term, sha256(convert_to(%(before)s || term, 'UTF8')) as digest
    where term ^@ any(%(prefixes)s::text[])
    order by digest, id
)
insert into unique_value (bucket, digest, record_id, requirement)
select (get_byte(digest, 0) * 256 + get_byte(digest, 1)) %% %(buckets)s as bucket, digest, id, %(requirement)s
from wanted order by 1, 2
on conflict do nothing

-- name: settle
insert into unique_requirement (id, since) values (%s, %s) on conflict do nothing

-- name: unsettle
delete from unique_requirement where id = any(%s)

-- name: forget
delete from unique_value where requirement = %s

-- name: shared
-- How many records have a value that another one has too, of which source, and the ids of some.
with value as materialized (
    select r.id, r.change_id, term from {kind} r, unnest(r.terms) as term
    where term ^@ any(%(prefixes)s::text[]) and (%(named)s::text is null or r.terms @> array[%(named)s::text])
), shared as (
    select term from value group by term having count(distinct id) > 1
), found as (
    select distinct v.id, v.change_id from value v join shared s on s.term = v.term
)
select c.source, count(*), (few(f.id, %(samples)s))::text[]
from found f left join change c on (c.bucket, c.id) = (bucket_of(f.change_id), f.change_id)
group by 1
