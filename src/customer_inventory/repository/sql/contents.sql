-- The contents of attachments.

-- name: keep
insert into content (bucket, sha256, size, kept_at, bytes) values (%(bucket)s, %(sha256)s, %(size)s, %(at)s, %(content)b)
on conflict (bucket, sha256) do update
set kept_at = greatest(content.kept_at, excluded.kept_at), bytes = coalesce(content.bytes, excluded.bytes)

-- name: known
-- Whether content is here already, and noting that it is wanted, so that a sweep leaves it alone.
update content set kept_at = greatest(kept_at, %(at)s) where bucket = %(bucket)s and sha256 = %(sha256)s
returning bytes is not null

-- name: use
insert into content_use (bucket, sha256, record_id, kind, used_at)
values (%(bucket)s, %(sha256)s, %(record_id)s, %(kind)s, %(at)s)
on conflict (bucket, record_id, sha256) do update set used_at = greatest(content_use.used_at, excluded.used_at)

-- name: held
select c.size, c.bytes is not null from content_use u join content c on c.bucket = u.bucket and c.sha256 = u.sha256
where u.bucket = %s and u.record_id = %s and u.sha256 = %s

-- name: part
select substring(bytes from %s for %s) from content where bucket = %s and sha256 = %s

-- name: buckets
select distinct bucket from content union select distinct bucket from content_use order by 1

-- name: old_uses
-- Uses that no sweep has to fear for: whoever noted them has written the record by now, or never will.
select sha256, record_id, kind from content_use where bucket = %s and used_at < %s

-- name: mentions
-- Whether any version of a record, present or past, names the content. `{kind}` is the record's table.
select exists (select from {kind} where bucket = %(bucket)s and id = %(id)s and position(%(name)s in doc::text) > 0)
    or exists (select from {kind}_history where bucket = %(bucket)s and id = %(id)s and position(%(name)s in doc::text) > 0)

-- name: drop_use
delete from content_use where bucket = %s and record_id = %s and sha256 = %s and used_at < %s

-- name: drop_orphans
delete from content c where bucket = %(bucket)s and kept_at < %(before)s and not exists (
    select from content_use u where u.bucket = c.bucket and u.sha256 = c.sha256
) returning sha256, bytes is null
