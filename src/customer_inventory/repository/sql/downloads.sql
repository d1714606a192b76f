-- Downloads: each step is one statement that says from which states it leads, so of two at a time one takes it.

-- name: alone
-- One at a time: whoever asks for downloads of a client, or takes one to make its file.
select pg_advisory_xact_lock(hashtextextended('download ' || %s, 0))

-- name: live
select count(*) from download where client_id = %s and status in ('waiting', 'queued', 'running', 'ready')

-- name: add
insert into download (id, client_id, person, purpose, request_id, kind, wish, status, preview, reasons, requested_at,
    mark_key, touched)
values (%(id)s, %(client_id)s, %(person)s, %(purpose)s, %(request_id)s, %(kind)s, %(wish)s, %(status)s, %(preview)s,
    %(reasons)s, %(requested_at)s, %(mark_key)s, %(touched)s)

-- name: asked_since
-- How many records a client asked for, besides those of one download: of those that wait with it, what was asked before
-- it; and whatever was made, also if it was cancelled then. None waits for longer than the days in which it looks.
select coalesce(sum(coalesce(number, (preview::jsonb ->> 'recordCount')::bigint, 0)), 0)::bigint
from download
where client_id = %(client_id)s and kind = %(kind)s and purpose = %(purpose)s
    and requested_at > %(since)s::timestamptz - interval '30 days' and coalesce(ready_at, requested_at) > %(since)s
    and (%(id)s::uuid is null or id <> %(id)s)
    and (ready_at is not null
        or status not in ('refused', 'cancelled', 'failed')
            and (%(id)s::uuid is null or (requested_at, id) < (%(at)s, %(id)s)))

-- name: some
select id, client_id, person, purpose, request_id, kind, wish, status, preview, reasons, approved, requested_at,
    decided_by, decided_at, said, attempt, failure, granted, taken_at, position, ready_at, expires_at, number, size,
    sha256, columns, smallest_class, left_out, mark_key, link_hash, link_until, touched
from download
where (%(id)s::uuid is null or id = %(id)s) and (%(client_id)s::text is null or client_id = %(client_id)s)
order by requested_at desc, id desc
limit %(limit)s

-- name: decide
update download set status = %(status)s, decided_by = %(by)s, decided_at = %(at)s, said = %(said)s,
    approved = case when %(status)s = 'queued' then reasons else approved end
where id = %(id)s and status = 'waiting'

-- name: cancel
update download set status = 'cancelled', link_hash = null
where id = %(id)s and status in ('waiting', 'queued', 'running', 'ready')

-- name: link
update download set link_hash = %(hash)s, link_until = %(until)s where id = %(id)s and status = 'ready'

-- name: claim
-- The oldest whose file nobody makes, unless a file of the same client is being made.
update download set status = 'running', attempt = attempt + 1, leased_until = %(until)s
where id = (
    select d.id from download d
    where (d.status = 'queued' or (d.status = 'running' and d.leased_until < %(now)s))
        and not exists (
            select from download o
            where o.client_id = d.client_id and o.id <> d.id and o.status = 'running' and o.leased_until >= %(now)s)
    order by d.requested_at, d.id limit 1)
returning id

-- name: renew
update download set leased_until = %(until)s where id = %(id)s and attempt = %(attempt)s and status = 'running'

-- name: drop_parts
delete from download_part where download_id = %(id)s

-- name: add_part
insert into download_part (download_id, number, record_ids)
select %(id)s, %(number)s, %(record_ids)s::uuid[]
where exists (select from download where id = %(id)s and attempt = %(attempt)s and status = 'running')

-- name: progress
select coalesce(sum(cardinality(record_ids)), 0)::bigint from download_part where download_id = %(id)s

-- name: part
select record_ids::text[] from download_part where download_id = %(id)s and number = %(number)s

-- name: finish
update download set status = 'ready', ready_at = %(at)s, expires_at = %(expires_at)s, number = %(number)s,
    size = %(size)s, sha256 = %(sha256)s, columns = %(columns)s, taken_at = %(taken_at)s, position = %(position)s,
    granted = %(granted)s, smallest_class = %(smallest_class)s, left_out = %(left_out)s, leased_until = null
where id = %(id)s and attempt = %(attempt)s and status = 'running'

-- name: give_up
update download set status = %(status)s, failure = %(failure)s, reasons = coalesce(%(reasons)s::text[], reasons),
    leased_until = null
where id = %(id)s and attempt = %(attempt)s and status = 'running'

-- name: expire
update download set status = 'expired', link_hash = null
where (status = 'ready' and expires_at <= %(now)s) or (status = 'waiting' and requested_at <= %(waited_since)s)
returning id

-- name: drop_parts_of_gone
delete from download_part p using download d where d.id = p.download_id and d.status not in ('running', 'ready')

-- name: held
-- The files that there are to be, as their names say it.
select id::text || '-' || attempt from download where status in ('running', 'ready')

-- name: begun_again
-- What is being made may hold what is erased at this moment.
update download set status = 'queued', leased_until = null where status = 'running'

-- name: erase
update download set status = 'erased', link_hash = null
where status = 'ready' and id in (select download_id from download_part where record_ids && %(ids)s::uuid[])

-- name: wishes
-- By what downloads were asked for, some at a time.
select id::text, wish, said from download
where id > coalesce(nullif(%(after)s, ''), '00000000-0000-0000-0000-000000000000')::uuid
order by id limit 1000

-- name: erase_wish
-- What was asked for, or said of it, named who is erased.
update download set wish = %(wish)s, said = %(said)s, link_hash = null,
    status = case when status in ('waiting', 'queued', 'running', 'ready') then 'erased' else status end
where id = %(id)s
