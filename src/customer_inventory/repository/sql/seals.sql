-- The seals of the trail (seals.py).

-- name: one_moment
begin isolation level repeatable read, read only

-- name: horizon
select feed_horizon()

-- name: last
select number, next_position, signed, at from seal order by number desc limit 1

-- name: blocks
select number, next_position, signed, at from seal
where number > %s order by number limit %s

-- name: entries
-- Bytes as they are sent between machines: objects made of them would cost the server three times as much.
select uuid_send(id), timestamptz_send(at), client_id, person, purpose, verb, kind, outcome, request_id, attributes,
    array_send(record_ids), uuid_send(seed), remains
from trail where position >= %s and position < %s order by position, id

-- name: add
insert into seal (number, next_position, signed, at) values (%s, %s, %s, %s)

-- name: keys
select id, algorithm, private_key, public_key, vouch from seal_key order by created_at, id

-- name: add_key
-- Later than every other, whatever the clock says: the last one signs.
insert into seal_key (id, algorithm, private_key, public_key, vouch, created_at)
values (%(id)s, %(algorithm)s, %(private)s, %(public)s, %(vouch)s,
    greatest(%(at)s, (select max(created_at) + interval '1 microsecond' from seal_key)))
on conflict do nothing

-- name: lock_keys
lock table seal_key in share row exclusive mode

-- name: retire_key
update seal_key set retired_at = %(at)s, private_key = public_key
where id = %(id)s and retired_at is null

-- name: due
-- What the row held stays in the file of its table until that is written anew (scrubbing.py).
insert into scrub_due (table_name, since) values (%(table)s, %(at)s) on conflict do nothing
