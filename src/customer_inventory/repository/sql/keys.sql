-- The keys of the register (keys.py).

-- name: listed
select 'tokens', id, algorithm, null, created_at, retired_at, not_after from signing_key
union all
select 'seals', id, algorithm, null, created_at, retired_at, null from seal_key
union all
select 'pseudonyms', id, algorithm, purpose, at, retired_at, null from pseudonym_key
order by 1, 4, 5, 2

-- name: signing
select id, algorithm, private_key, retired_at is null from signing_key
where not_after is null or not_after > %s order by created_at, id

-- name: add_first_signing
insert into signing_key (id, algorithm, private_key, created_at)
select %s, %s, %s, %s where not exists (select from signing_key where retired_at is null)

-- name: lock_signing_key
lock table signing_key in share row exclusive mode

-- name: retire_signing
-- The private half goes (RFC 7518, 6.2.2 and RFC 8037, 2: it is the member d); the public one verifies what is about.
update signing_key set retired_at = %(at)s, not_after = %(until)s, private_key = private_key - 'd'
where retired_at is null

-- name: add_signing
insert into signing_key (id, algorithm, private_key, created_at)
values (%(id)s, %(algorithm)s, %(key)s, %(at)s)

-- name: lock_pseudonym_key
lock table pseudonym_key in share row exclusive mode

-- name: retire_pseudonym
update pseudonym_key set retired_at = %(at)s, key = '' where purpose = %(purpose)s and retired_at is null

-- name: add_pseudonym
insert into pseudonym_key (purpose, key, at) values (%(purpose)s, %(key)s, %(at)s) on conflict do nothing

-- name: pseudonym
select key from pseudonym_key where purpose = %s and retired_at is null

-- name: due
-- What the row held stays in the file of its table until that is written anew (scrubbing.py).
insert into scrub_due (table_name, since) values (%(table)s, %(at)s) on conflict do nothing
