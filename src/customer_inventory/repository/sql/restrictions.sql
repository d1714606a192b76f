-- Restrictions: records that are stored and no more, for the time being.

-- name: restrict
insert into restriction (id, party_id, kinds, purposes, ground, since, until, restricted_by)
values (%(id)s, %(party)s, '{}', %(purposes)s, %(ground)s, %(since)s, %(until)s, %(by)s)
on conflict do nothing

-- name: add
insert into restricted_record (bucket, record_id, restriction_id)
select bucket_of(i), i, %(id)s from unnest(%(ids)s::uuid[]) as i on conflict do nothing

-- name: add_kinds
update restriction set kinds = array(select distinct k from unnest(kinds || %(kinds)s::text[]) as k order by k)
where id = %(id)s and ended_at is null

-- name: join
-- What comes to belong to a record that is restricted is so too.
with joined as (
    insert into restricted_record (bucket, record_id, restriction_id)
    select distinct bucket_of(%(id)s::uuid), %(id)s::uuid, r.restriction_id from restricted_record r
    where (r.bucket, r.record_id) in (select bucket_of(i), i from unnest(%(owners)s::uuid[]) as i)
    on conflict do nothing returning restriction_id
)
update restriction set kinds = array(select distinct k from unnest(kinds || array[%(kind)s]) as k order by k)
where id in (select restriction_id from joined)

-- name: end
with ended as (
    update restriction set ended_at = %(at)s, ended_by = %(by)s, ended_because = %(reason)s, kinds = '{}'
    where id = %(id)s and ended_at is null returning id
), freed as (delete from restricted_record where restriction_id in (select id from ended))
select count(*) from ended

-- name: free_records
delete from restricted_record where (bucket, record_id) in (select bucket_of(i), i from unnest(%(ids)s::uuid[]) as i)

-- name: drop
delete from restriction where id = %(id)s

-- name: kinds
select distinct unnest(kinds) from restriction where ended_at is null

-- name: restrictions
select x.id, x.party_id, x.purposes, x.ground, x.since, x.until, x.restricted_by, x.ended_at, x.ended_by, x.ended_because,
    (select count(*) from restricted_record r where r.restriction_id = x.id)
from restriction x
where (%(id)s::uuid is null or x.id = %(id)s::uuid)
    and (%(party)s::uuid is null or x.party_id = %(party)s::uuid and x.ended_at is null)
order by x.ended_at is not null, x.since desc, x.id limit %(limit)s

-- name: restricted
-- Which of some records are restricted, and whether they may be used for a purpose all the same.
select r.record_id::text, bool_and(%(purpose)s = any(x.purposes))
from restricted_record r join restriction x on x.id = r.restriction_id
where (r.bucket, r.record_id) in (select bucket_of(i), i from unnest(%(ids)s::uuid[]) as i)
    and (x.until is null or x.until > %(at)s)
group by r.record_id

-- name: free
-- That a record `t` may be used for a purpose at a moment.
not exists (
    select from restricted_record r join restriction x on x.id = r.restriction_id
    where r.bucket = t.bucket and r.record_id = t.id and (x.until is null or x.until > %s) and not (%s = any(x.purposes)))

-- name: touching
-- Which changes touched a record that may not be used for a purpose.
select distinct c.change_id from change_record c
join restricted_record r on (r.bucket, r.record_id) = (c.bucket, c.record_id)
join restriction x on x.id = r.restriction_id
where c.position = any(%(positions)s) and c.change_id = any(%(changes)s)
    and (x.until is null or x.until > %(at)s) and not (%(purpose)s = any(x.purposes))

-- name: standing
-- Which of some records are restricted at all.
select distinct r.record_id::text from restricted_record r join restriction x on x.id = r.restriction_id
where (r.bucket, r.record_id) in (select bucket_of(i), i from unnest(%(ids)s::uuid[]) as i)
    and (x.until is null or x.until > %(at)s)
