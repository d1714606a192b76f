-- Values that no two records of a class may share. Each is held by one record: the key of the table decides between
-- two writers, and the later one waits until the earlier one has ended.

-- name: hold
-- In one order everywhere, so that two writers do not wait for each other in a circle. An update that changes nothing
-- locks the row of whoever has the value already, and tells who that is.
insert into unique_value as held (bucket, digest, record_id)
select i.bucket, i.digest, i.record_id
from unnest(%(buckets)s::smallint[], %(digests)s::bytea[], %(ids)s::uuid[]) as i(bucket, digest, record_id)
order by i.bucket, i.digest
on conflict (bucket, digest) do update set record_id = held.record_id
returning digest, record_id::text

-- name: release
-- What records hold and do not have any more.
delete from unique_value u where u.record_id = any(%(released)s::uuid[]) and not exists (
    select from unnest(%(digests)s::bytea[], %(ids)s::uuid[]) as i(digest, record_id)
    where (i.digest, i.record_id) = (u.digest, u.record_id))
