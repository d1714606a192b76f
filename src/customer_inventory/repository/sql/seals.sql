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
select id, private_key, public_key from seal_key order by created_at, id

-- name: add_key
insert into seal_key (id, private_key, public_key, created_at) values (%s, %s, %s, %s) on conflict do nothing
