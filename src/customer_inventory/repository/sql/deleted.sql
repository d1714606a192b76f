-- Records that are deleted and not purged. `{kind}` is the table's name.

-- name: page
-- Newest deletion first, along the index; `after` is the last record of the page before.
select d.id::text, d.version, d.deleted_at, h.doc, d.change_id::text, c.client_id, c.person, c.purpose, c.reason
from deleted_record d
left join {kind}_history h on (h.bucket, h.id, h.version) = (d.bucket, d.id, d.version - 1)
left join change c on c.bucket = bucket_of(d.change_id) and c.id = d.change_id
where d.kind = '{kind}' and (%(after)s::uuid is null or (d.deleted_at, d.bucket, d.id) < (
    select a.deleted_at, a.bucket, a.id from deleted_record a
    where a.bucket = bucket_of(%(after)s::uuid) and a.kind = '{kind}' and a.id = %(after)s::uuid))
    and (%(purpose)s::text is null or not exists (
        select from restricted_record x join restriction y on y.id = x.restriction_id
        where x.bucket = d.bucket and x.record_id = d.id and (y.until is null or y.until > %(at)s::timestamptz)
            and not (%(purpose)s = any(y.purposes))))
order by d.deleted_at desc, d.bucket desc, d.id desc limit %(limit)s offset %(offset)s

-- name: is_deleted
select from deleted_record where bucket = %(bucket)s and kind = '{kind}' and id = %(id)s

-- name: count
-- Without those whose use is restricted, where it is said for what they would be used.
select count(*) from (
    select from deleted_record d where d.kind = '{kind}' and (%(purpose)s::text is null or not exists (
        select from restricted_record x join restriction y on y.id = x.restriction_id
        where x.bucket = d.bucket and x.record_id = d.id and (y.until is null or y.until > %(at)s::timestamptz)
            and not (%(purpose)s = any(y.purposes))))
    limit %(bound)s
) as found

-- name: number_due
select count(*) from deleted_record where kind = '{kind}' and deleted_at < %s
    and bucket not in (
        select bucket_of(record_id) from legal_hold
        union all select bucket_of(party_id) from restriction where ended_at is null and party_id is not null)

-- name: due
-- Whoever is just restoring one holds its row: that one is passed over. So is what lies in the bucket of a
-- legal hold, or of a restriction: it is stored.
select id::text from deleted_record where kind = '{kind}' and deleted_at < %s
    and bucket not in (
        select bucket_of(record_id) from legal_hold
        union all select bucket_of(party_id) from restriction where ended_at is null and party_id is not null)
order by deleted_at, bucket, id limit %s for update skip locked

-- name: purge_history
delete from {kind}_history where (bucket, id) in (select bucket_of(i), i from unnest(%s::uuid[]) as i)

-- name: purge_links
-- What others say of the record stays with them, as with a record that never was.
with unlinked as (select drop_links(i) from unnest(%(ids)s::uuid[]) as i),
    pointing as (delete from former_link where source_id = any(%(ids)s::uuid[])),
    pointed_at as (
        delete from former_link
        where (bucket, target_id) in (select bucket_of(i), i from unnest(%(ids)s::uuid[]) as i)
    )
select count(*) from unlinked

-- name: purge_content_uses
delete from content_use where (bucket, record_id) in (select bucket_of(i), i from unnest(%s::uuid[]) as i)
returning bucket, sha256

-- name: purge_contents
-- Files that no record uses any more. One that is just being kept for another record has a younger date by then; files
-- in a directory are left to the sweep, which takes care of their places too.
delete from content c
where (c.bucket, c.sha256) in (
        select u.bucket, u.sha256 from unnest(%(buckets)s::smallint[], %(digests)s::bytea[]) as u(bucket, sha256))
    and c.kept_at < %(before)s and c.bytes is not null
    and not exists (select from content_use o where o.bucket = c.bucket and o.sha256 = c.sha256)

-- name: purge_source_records
-- Read whole once for each batch: an index for this alone would cost every import more than purging will ever take.
delete from source_record where kind = '{kind}' and record_id = any(%s::uuid[])

-- name: purge_idempotency
delete from idempotency where kind = '{kind}' and record_id = any(%s::uuid[])

-- name: forget
delete from deleted_record
where kind = '{kind}' and (bucket, id) in (select bucket_of(i), i from unnest(%s::uuid[]) as i)

-- name: add_trail
insert into trail values (bucket_of(%(id)s), %(id)s, %(at)s, %(client)s, %(person)s, %(purpose)s,
    'purge', '{kind}', 'done', %(ids)s::uuid[], %(request)s)
