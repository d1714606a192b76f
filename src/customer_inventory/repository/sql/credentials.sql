-- Credentials of clients: secrets as hashes, public keys, and which assertions were used.

-- name: valid
select number, secret_hash, public_key::text, valid_from, valid_until, created_at, created_by from client_credential
where client_id = %(client_id)s and (valid_until is null or valid_until > %(at)s)
-- A client that a server of the version before registered has its secret beside its name, until it is rotated.
union all select 0, secret_hash, null, registered_at, null, registered_at, registered_by from client
where client_id = %(client_id)s and secret_hash is not null
    and not exists (select from client_credential where client_id = %(client_id)s)
order by 1

-- name: hold
select from client where client_id = %(client_id)s for update

-- name: adopt
insert into client_credential (client_id, number, secret_hash, valid_from, created_at, created_by)
select client_id, 1, secret_hash, registered_at, registered_at, registered_by from client
where client_id = %(client_id)s and secret_hash is not null
    and not exists (select from client_credential where client_id = %(client_id)s)

-- name: end
update client_credential set valid_until = %(until)s
where client_id = %(client_id)s and (valid_until is null or valid_until > %(until)s)

-- name: add
insert into client_credential (client_id, number, secret_hash, public_key, valid_from, created_at, created_by)
select %(client_id)s, coalesce((select max(number) from client_credential where client_id = %(client_id)s), 0) + place,
    secret_hash, public_key::jsonb, %(at)s, %(at)s, %(by)s
from unnest(%(hashes)s::bytea[], %(keys)s::text[]) with ordinality as new(secret_hash, public_key, place)

-- name: use_assertion
insert into used_assertion (client_id, digest, expires_at) values (%s, %s, %s) on conflict do nothing

-- name: drop_used_assertions
delete from used_assertion where expires_at <= %s

-- name: revoke_token
insert into revoked_token (digest, expires_at) values (%s, %s) on conflict do nothing

-- name: revoked_tokens
select digest from revoked_token where expires_at > %s

-- name: drop_revoked_tokens
delete from revoked_token where expires_at <= %s
