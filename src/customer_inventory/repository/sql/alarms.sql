-- Alarms: what registered processes did that their registrations do not let expect, each once in its period.

-- name: add
insert into registration_alarm (client_id, code, since, at, said)
select client_id, %(code)s, %(since)s, %(at)s, %(said)s from registration where client_id = %(client_id)s
on conflict do nothing

-- name: alarms
select client_id, code, since, at, said from registration_alarm
where (%(client_id)s::text is null or client_id = %(client_id)s) and at >= %(after)s
order by at desc, client_id, code limit %(limit)s
