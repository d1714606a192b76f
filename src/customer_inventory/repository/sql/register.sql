-- The register: clients and their grants, signing keys.

-- name: add_client
insert into client (client_id, name, secret_hash, purposes, status, registered_at, registered_by)
values (%(client_id)s, %(name)s, %(secret_hash)s, %(purposes)s, 'active', %(at)s, %(by)s) on conflict do nothing

-- name: add_grants
insert into client_grant (client_id, verb, kind)
select %s, verb, kind from unnest(%s::text[], %s::text[]) as g(verb, kind) on conflict do nothing

-- name: add_policy
insert into client_policy (client_id, number, line)
select %s, number, line from unnest(%s::text[]) with ordinality as p(line, number)

-- name: drop_grants
delete from client_grant where client_id = %s

-- name: drop_policy
delete from client_policy where client_id = %s

-- name: clients
select c.client_id, c.name, c.secret_hash, c.purposes, c.status, c.registered_at, c.registered_by,
    coalesce((select array_agg(g.verb || ':' || g.kind order by g.verb, g.kind) from client_grant g
              where g.client_id = c.client_id), '{}'),
    coalesce((select array_agg(p.line order by p.number) from client_policy p where p.client_id = c.client_id), '{}'),
    (select jsonb_build_object('network', r.document->'network', 'hours', r.document->'expectedHours',
        'daily', r.document->'expectedVolume', 'hourly', r.document->'expectedVolumePerHour')::text
     from registration r where r.client_id = c.client_id),
    (select min(k.valid_from) from client_credential k
     where k.client_id = c.client_id and (k.valid_until is null or k.valid_until > now()))
from client c order by c.name

-- name: client
select c.client_id, c.name, c.secret_hash, c.purposes, c.status, c.registered_at, c.registered_by,
    coalesce((select array_agg(g.verb || ':' || g.kind order by g.verb, g.kind) from client_grant g
              where g.client_id = c.client_id), '{}'),
    coalesce((select array_agg(p.line order by p.number) from client_policy p where p.client_id = c.client_id), '{}'),
    (select jsonb_build_object('network', r.document->'network', 'hours', r.document->'expectedHours',
        'daily', r.document->'expectedVolume', 'hourly', r.document->'expectedVolumePerHour')::text
     from registration r where r.client_id = c.client_id),
    (select min(k.valid_from) from client_credential k
     where k.client_id = c.client_id and (k.valid_until is null or k.valid_until > now()))
from client c where c.client_id = %s

-- name: client_id_of
select client_id from client where name = %s

-- name: set_client_status
update client set status = %s where client_id = %s
