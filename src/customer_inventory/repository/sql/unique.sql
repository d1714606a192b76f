-- Values that no two records of a kind or class may share. Each is held by one record: the key of the table decides between
-- two writers, and the later one waits until the earlier one has ended.

-- name: hold
-- In one order everywhere, so that two writers do not wait for each other in a circle. An update that changes nothing
-- locks the row of whoever has the value already, and tells who that is.
insert into unique_value as held (bucket, digest, record_id)
select i.bucket, i.digest, i.record_id
from unnest(%(buckets)s::smallint[], %(digests)s::bytea[], %(ids)s::uuid[]) as i(bucket, digest, record_id)
order by i.bucket, i.digest
on conflict (bucket, digest) do update set record_id = held.record_id
returning digest, record_id::text, xmax = 0

-- name: elsewhere
-- Which of these values other records have, whoever holds them: they may have had them before they had to be unique. One
-- record for each value, however many have it.
select distinct on (term) term, r.id::text from {kind} r, unnest(r.terms) as term
where r.terms && %(terms)s::text[] and term = any(%(terms)s::text[]) and r.id <> all(%(writing)s::uuid[])
    and (%(named)s::text is null or r.terms @> array[%(named)s::text])
order by term, r.id

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

-- name: shared
-- How many records have a value that another one has too, of which source, and the ids of some.
with value as materialized (
    select r.id, r.change_id, term from {kind} r, unnest(r.terms) as term
    where term ^@ any(%(prefixes)s::text[]) and (%(named)s::text is null or r.terms @> array[%(named)s::text])
        and (%(purpose)s::text is null or not exists (
            select from restricted_record x join restriction y on y.id = x.restriction_id
            where x.bucket = r.bucket and x.record_id = r.id and (y.until is null or y.until > %(at)s::timestamptz)
                and not (%(purpose)s = any(y.purposes))))
), shared as (
    select term from value group by term having count(distinct id) > 1
), found as (
    select distinct v.id, v.change_id from value v join shared s on s.term = v.term
)
select c.source, count(*), (few(f.id, %(samples)s))::text[]
from found f left join change c on (c.bucket, c.id) = (bucket_of(f.change_id), f.change_id)
group by 1
