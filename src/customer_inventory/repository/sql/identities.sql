-- Identities: as whom OpenID providers know people.

-- name: person_id
select person_id from person_identity where issuer = %s and subject = %s

-- name: link
insert into person_identity (person_id, issuer, subject, linked_at) values (%s, %s, %s, %s) on conflict do nothing

-- name: is_linked
select 1 from person_identity where person_id = %s and issuer = %s

-- name: unlink
delete from person_identity where person_id = %s
