-- Registrations of processes, and what was decided of them.

-- name: add
insert into registration (client_id, name, document, status, privileged, requested_by, requested_at, approved_by,
    due_at, expires_at, token_hash)
select %(client_id)s, %(name)s, %(document)s::jsonb, %(status)s, %(privileged)s, %(requested_by)s, %(requested_at)s,
    %(approved_by)s, %(due_at)s, %(expires_at)s, %(token_hash)s
where not exists (select from client where name = %(name)s and client_id <> %(client_id)s)
on conflict do nothing

-- name: registrations
select client_id, name, document::text, status, privileged, requested_by, requested_at, approved_by, due_at, expires_at,
    token_hash
from registration where (%(client_id)s::text is null or client_id = %(client_id)s)
order by requested_at, client_id

-- name: client_id_of
select client_id from registration where name = %s order by status in ('rejected', 'revoked'), requested_at desc limit 1

-- name: hold
select status from registration where client_id = %s for update

-- name: settle
update registration set status = %(status)s, due_at = coalesce(%(due_at)s, due_at),
    approved_by = coalesce(%(approved_by)s, approved_by),
    document = document || coalesce(%(told)s::jsonb, '{}')
where client_id = %(client_id)s

-- name: set_client_status
update client set status = %s where client_id = %s and status <> 'revoked'

-- name: note
insert into registration_decision (client_id, number, verb, status, decided_by, decided_at, said)
select %(client_id)s,
    coalesce((select max(number) from registration_decision where client_id = %(client_id)s), 0) + 1,
    %(verb)s, %(status)s, %(by)s, %(at)s, %(said)s

-- name: decisions
select client_id, number, verb, status, decided_by, decided_at, said from registration_decision
where (%(client_id)s::text is null or client_id = %(client_id)s) order by client_id, number

-- name: pending
select client_id, case
        when status = 'approved' then 'activate'
        when expires_at <= %(at)s then 'expire'
        when due_at <= %(at)s then 'lapse'
        else 'warn' end
from registration
where status = 'approved'
    or status in ('active', 'due', 'suspended') and expires_at <= %(at)s
    or status in ('active', 'due') and due_at <= %(at)s
    or status = 'active' and due_at <= %(warn_at)s
order by client_id limit 1000

-- name: unregistered
select client_id from client c
where not (client_id = any (%s)) and not exists (select from registration r where r.client_id = c.client_id)
