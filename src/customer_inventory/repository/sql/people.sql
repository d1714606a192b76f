-- People who may sign in, their sessions, their second factors.

-- name: add_person
insert into person (id, login, display_name, password_hash, role, status, created_at, password_made_at)
values (%s, %s, %s, %s, %s, 'active', %s, %s) on conflict do nothing

-- name: person_by_login
select id, login, display_name, password_hash, role, status, created_at, password_made_at from person where login = %s

-- name: people
select id, login, display_name, password_hash, role, status, created_at, password_made_at from person order by login

-- name: person
select id, login, display_name, password_hash, role, status, created_at, password_made_at from person where id = %s

-- name: people_page
select id, login, display_name, password_hash, role, status, created_at, password_made_at from person order by login limit %s offset %s

-- name: count_people
select count(*) from person

-- name: other_administrators
select count(*) from person where role = 'administrator' and status = 'active' and id <> %s

-- name: change_person
update person set login = %s, display_name = %s, role = %s, status = %s where id = %s
    and not exists (select from person other where other.login = %s and other.id <> %s)

-- name: set_password
update person set
    made_password_hash = case when password_made_at is null then made_password_hash else password_hash end,
    password_hash = %s, password_made_at = %s
where id = %s

-- name: made_password
select made_password_hash from person where id = %s

-- name: end_sessions
delete from session where person_id = %s

-- name: add_session
insert into session (token_hash, person_id, created_at, expires_at, last_seen_at, network, browser, several_factors,
    password_due)
values (%(token_hash)s, %(person_id)s, %(at)s, %(expires_at)s, %(at)s, %(network)s, %(browser)s, %(several_factors)s,
    %(password_due)s)

-- name: session
select p.id, p.login, p.display_name, p.password_hash, p.role, p.status, p.created_at, p.password_made_at, s.id,
    s.several_factors
        or exists (select from second_factor f where f.person_id = p.id and f.confirmed_at is not null),
    s.created_at, coalesce(s.last_seen_at, s.created_at), s.network, s.browser,
    s.password_due and p.password_made_at is not null
from session s join person p on p.id = s.person_id
where s.token_hash = %(token_hash)s and s.expires_at > %(at)s and p.status = 'active'
    and coalesce(s.last_seen_at, s.created_at) > %(idle_since)s

-- name: sessions
select p.id, p.login, p.display_name, p.password_hash, p.role, p.status, p.created_at, p.password_made_at, s.id,
    s.several_factors
        or exists (select from second_factor f where f.person_id = p.id and f.confirmed_at is not null),
    s.created_at, coalesce(s.last_seen_at, s.created_at), s.network, s.browser,
    s.password_due and p.password_made_at is not null
from session s join person p on p.id = s.person_id
where s.expires_at > %(at)s and p.status = 'active' and coalesce(s.last_seen_at, s.created_at) > %(idle_since)s
    and (%(person_id)s::uuid is null or s.person_id = %(person_id)s)
order by coalesce(s.last_seen_at, s.created_at) desc, s.id limit %(limit)s

-- name: touch_session
update session set last_seen_at = %s where id = %s and coalesce(last_seen_at, created_at) < %s

-- name: end_session_of
delete from session where id = %(id)s and (%(person_id)s::uuid is null or person_id = %(person_id)s)
returning person_id

-- name: end_other_sessions
delete from session where person_id = %s and id <> %s

-- name: end_session
delete from session where token_hash = %s

-- name: drop_expired_sessions
delete from session where expires_at <= %s

-- name: begin_factor
insert into second_factor (person_id, secret, created_at) values (%s, %s, %s)
on conflict (person_id) do update set secret = excluded.secret, created_at = excluded.created_at
where second_factor.confirmed_at is null

-- name: factor
select secret, confirmed_at from second_factor where person_id = %s

-- name: confirm_factor
update second_factor set confirmed_at = %s, last_step = %s
where person_id = %s and secret = %s and confirmed_at is null

-- name: drop_recovery_codes
delete from recovery_code where person_id = %s

-- name: add_recovery_codes
insert into recovery_code (person_id, code_hash) select %s, unnest(%s::bytea[])

-- name: count_recovery_codes
select count(*) from recovery_code where person_id = %s

-- name: take_step
update second_factor set last_step = %s where person_id = %s and last_step < %s and confirmed_at is not null

-- name: take_recovery_code
delete from recovery_code where person_id = %s and code_hash = %s

-- name: drop_factor
delete from second_factor where person_id = %s

-- name: drop_old_arrivals
delete from arrival where expires_at <= %s

-- name: add_arrival
insert into arrival (visit_hash, person_id, expires_at, password_due) values (%s, %s, %s, %s)

-- name: arrival
select p.id, p.login, p.display_name, p.password_hash, p.role, p.status, p.created_at, p.password_made_at,
    a.password_due
from arrival a join person p on p.id = a.person_id
where a.visit_hash = %s and a.expires_at > %s and p.status = 'active'

-- name: end_arrival
delete from arrival where visit_hash = %s

-- name: end_arrivals
delete from arrival where person_id = %s
