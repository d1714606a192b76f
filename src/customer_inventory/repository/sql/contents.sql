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

-- name: patiently
-- A sweep looks at many records and nobody waits for it; but it must end, for an open transaction holds back the feed.
set local statement_timeout = '60s'

-- name: drop_unused
-- Forget uses, noted in a period long enough ago, by records none of whose versions names the content: whoever noted
-- them was stopped before writing the record. `{kind}` is the records' table.
delete from content_use u
where u.kind = '{kind}' and u.used_at >= %(since)s and u.used_at < %(before)s
    and not exists (
        select from {kind} r where r.bucket = u.bucket and r.id = u.record_id
            and position('sha256:' || encode(u.sha256, 'hex') in r.doc::text) > 0)
    and not exists (
        select from {kind}_history h where h.bucket = u.bucket and h.id = u.record_id
            and position('sha256:' || encode(u.sha256, 'hex') in h.doc::text) > 0)

-- name: drop_orphans
delete from content c where c.kept_at < %(before)s and not exists (
    select from content_use u where u.bucket = c.bucket and u.sha256 = c.sha256
) returning c.bucket, c.sha256, c.bytes is null

-- name: unknown
-- Which of the files of one bucket's directory no content is known of.
select encode(d, 'hex') from unnest(%(digests)s::bytea[]) as d
where not exists (select from content c where c.bucket = %(bucket)s and c.sha256 = d)
