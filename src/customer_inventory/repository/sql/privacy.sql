-- Requests of people about their data, and what was done about each.

-- name: add
insert into privacy_request (id, asked_right, subject_kind, subject_id, status, received_at, due_at, extended_because,
    identity, handler, opened_by, closed_at, ground, result, wrong_attributes)
values (%(id)s, %(right)s, %(subject_kind)s, %(subject_id)s, %(status)s, %(received_at)s, %(due_at)s,
    %(extended_because)s, %(identity)s, %(handler)s, %(opened_by)s, %(closed_at)s, %(ground)s, %(result)s,
    %(wrong_attributes)s::text[])

-- name: requests
-- Open ones first, those that are due next before the others; then those that were closed, the last one first.
select id, asked_right, subject_kind, subject_id, status, received_at, due_at, extended_because, identity, handler,
    opened_by, closed_at, ground, result, wrong_attributes
from privacy_request
where (%(id)s::uuid is null or id = %(id)s::uuid)
order by closed_at is not null, case when closed_at is null then due_at end, closed_at desc, id limit %(limit)s

-- name: take
select status, due_at from privacy_request where id = %(id)s for update

-- name: settle
update privacy_request set status = %(status)s, due_at = coalesce(%(due_at)s, due_at),
    extended_because = coalesce(%(extended_because)s, extended_because), identity = coalesce(%(identity)s, identity),
    handler = coalesce(%(handler)s, handler), closed_at = %(closed_at)s, ground = coalesce(%(ground)s, ground),
    result = coalesce(%(result)s, result),
    wrong_attributes = coalesce(%(wrong_attributes)s::text[], wrong_attributes)
where id = %(id)s

-- name: note
insert into privacy_request_event (request_id, number, verb, status, by, at, note)
select %(id)s,
    coalesce((select max(number) from privacy_request_event where request_id = %(id)s), 0) + 1,
    %(verb)s, %(status)s, %(by)s, %(at)s, %(note)s

-- name: events
select request_id, number, verb, status, by, at, note from privacy_request_event
where request_id = any(%(ids)s) order by request_id, number

-- name: standing
select count(*), count(*) filter (where due_at <= %(soon)s and due_at > %(now)s), count(*) filter (where due_at <= %(now)s)
from privacy_request where closed_at is null

-- name: open_of
select asked_right from privacy_request where closed_at is null and subject_id = any(%(ids)s::uuid[]) order by due_at limit 1
