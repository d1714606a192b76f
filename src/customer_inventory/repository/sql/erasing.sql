-- Erasing records for good (erasing.py). `{kind}` is the table's name, `ids` are those of records of that kind, or of any.

-- name: alone
select pg_try_advisory_lock(7205759, 24)

-- name: candidates
-- By the day as text: what is found is looked at closely, what is written otherwise is not found, and so kept.
select id::text from {kind} t
where (bucket, id) > (%(bucket)s::smallint, %(after)s::uuid)
    and case
        when %(before)s::timestamptz is null then true
        when cardinality(%(paths)s::text[]) = 0 then updated_at < %(before)s::timestamptz
        else exists (
            select from unnest(%(paths)s::text[]) as p, jsonb_path_query(doc, p::jsonpath) as v
            where left(v #>> '{}', 10) <= %(day)s)
        end
order by bucket, id limit %(limit)s

-- name: having
-- Which records have, or had, something at a place: each table by its key, some at a time.
select id::text from (
    (select bucket, id from {kind}
        where (bucket, id) > (%(bucket)s::smallint, %(after)s::uuid) and jsonb_path_exists(doc, %(path)s::jsonpath)
        order by bucket, id limit %(limit)s)
    union
    (select distinct bucket, id from {kind}_history
        where (bucket, id) > (%(bucket)s::smallint, %(after)s::uuid) and jsonb_path_exists(doc, %(path)s::jsonpath)
        order by bucket, id limit %(limit)s)
) as either order by bucket, id limit %(limit)s

-- name: patiently
-- One person's records are found by their ids; only what others sent is looked through whole.
set local statement_timeout = '600s'

-- name: sources
-- Who points at records, or did once. A record points from its own bucket, which its id tells.
select distinct source_kind, source_id::text from link
where (bucket, target_id) in (select bucket_of(i), i from unnest(%(ids)s::uuid[]) as i)
union
select source_kind, source_id::text from former_link
where (bucket, target_id) in (select bucket_of(i), i from unnest(%(ids)s::uuid[]) as i)

-- name: versions
-- Every version of records, the newest last; the last one of a deleted record is in history too.
select id::text, version, doc, superseded_at is null, updated_at from (
    select bucket, id, version, doc, updated_at, null::timestamptz as superseded_at from {kind}
    union all
    select bucket, id, version, doc, updated_at, superseded_at from {kind}_history
) v
where (bucket, id) in (select bucket_of(i), i from unnest(%(ids)s::uuid[]) as i)
order by id, version

-- name: lock
-- In one order everywhere, so that two who write the same records do not wait for each other in a circle.
select max(position) from (
    select position from {kind} where (bucket, id) in (select bucket_of(i), i from unnest(%(ids)s::uuid[]) as i)
    order by bucket, id for update
) as locked

-- name: position
select feed_position()

-- name: tell_deletion
-- Listeners are told that the record is gone, and no more: of its content nothing is left to tell.
insert into change_record
select %(position)s, bucket, id, version + 1, '{kind}', 'delete', %(change)s from {kind}
where (bucket, id) in (select bucket_of(i), i from unnest(%(ids)s::uuid[]) as i)

-- name: erase_{kind}
delete from {kind} where (bucket, id) in (select bucket_of(i), i from unnest(%(ids)s::uuid[]) as i)

-- name: erase_{kind}_history
delete from {kind}_history where (bucket, id) in (select bucket_of(i), i from unnest(%(ids)s::uuid[]) as i)

-- name: erase_deleted_record
delete from deleted_record where (bucket, id) in (select bucket_of(i), i from unnest(%(ids)s::uuid[]) as i)

-- name: erase_link
-- What points at them and what they point at; a link between two buckets has a row in each.
with pointing as (
    delete from link where (bucket, source_id) in (select bucket_of(i), i from unnest(%(ids)s::uuid[]) as i)
    returning bucket, source_id, attribute, target_id, role
), pointed_at as (
    delete from link where (bucket, target_id) in (select bucket_of(i), i from unnest(%(ids)s::uuid[]) as i)
    returning bucket, source_id, attribute, target_id, role
), gone as (select * from pointing union select * from pointed_at), twins as (
    delete from link l using gone g
    where l.bucket in (bucket_of(g.source_id), bucket_of(g.target_id)) and l.bucket <> g.bucket
        and (l.source_id, l.attribute, l.target_id, l.role) = (g.source_id, g.attribute, g.target_id, g.role)
    returning l.bucket
)
select (select count(*) from gone) + (select count(*) from twins)

-- name: erase_former_link
delete from former_link where source_id = any(%(ids)s::uuid[])
    or (bucket, target_id) in (select bucket_of(i), i from unnest(%(ids)s::uuid[]) as i)

-- name: erase_unique_value
delete from unique_value where record_id = any(%(ids)s::uuid[])

-- name: erase_restriction
-- That there was one, and why, stays; whose it was goes.
with ended as (
    delete from restricted_record r using restriction x
    where x.id = r.restriction_id and x.party_id = any(%(ids)s::uuid[])
)
update restriction set party_id = null, kinds = '{}' where party_id = any(%(ids)s::uuid[])

-- name: erase_consent
delete from consent where (bucket, party_id) in (select bucket_of(i), i from unnest(%(ids)s::uuid[]) as i)

-- name: erase_consent_fact
delete from consent_fact where (bucket, party_id) in (select bucket_of(i), i from unnest(%(ids)s::uuid[]) as i)

-- name: erase_source_record
delete from source_record where record_id = any(%(ids)s::uuid[])

-- name: erase_idempotency
delete from idempotency where record_id = any(%(ids)s::uuid[])

-- name: erase_delivery
delete from delivery where record_id = any(%(ids)s::uuid[])

-- name: erase_content_use
delete from content_use where (bucket, record_id) in (select bucket_of(i), i from unnest(%(ids)s::uuid[]) as i)
returning bucket, sha256

-- name: erase_content
-- Files that no other record uses.
delete from content c
where (c.bucket, c.sha256) in (
        select u.bucket, u.sha256 from unnest(%(buckets)s::smallint[], %(digests)s::bytea[]) as u(bucket, sha256))
    and not exists (select from content_use o where o.bucket = c.bucket and o.sha256 = c.sha256)
returning c.bucket, encode(c.sha256, 'hex'), c.bytes is null

-- name: reasons
-- The changes that wrote or ended a version of records.
select change_id from {kind} where (bucket, id) in (select bucket_of(i), i from unnest(%(ids)s::uuid[]) as i)
union
select unnest(array[change_id, superseded_by]) from {kind}_history
where (bucket, id) in (select bucket_of(i), i from unnest(%(ids)s::uuid[]) as i)

-- name: erase_reason
-- Why something was changed is free text: it goes with the last record that the change touched.
update change c set reason = null
where (c.bucket, c.id) in (select bucket_of(i), i from unnest(%(changes)s::uuid[]) as i) and c.reason is not null
    and not exists (
        select from change_record r
        where r.position = c.position and r.change_id = c.id and r.record_id <> all(%(ids)s::uuid[]))

-- name: events_naming
-- Events that others sent and that name a record, or hold one of some values, each as it is written in JSON.
select id::text from received_event
where exists (select from unnest(%(values)s::text[]) as v where position(v in body) > 0)

-- name: events_alike
-- Events that hold every one of some values: of a name, say, that somebody else may have too.
select id::text from received_event
where not exists (select from unnest(%(values)s::text[]) as v where position(v in body) = 0)

-- name: erase_received_event
delete from received_event where id = any(%(ids)s::uuid[])

-- name: subscriptions_naming
select id::text from subscription
where exists (select from unnest(%(values)s::text[]) as v where position(v in query) > 0)

-- name: erase_subscription
delete from subscription where id = any(%(ids)s::uuid[])

-- name: listening
select 'subscription', id::text, query, callback from subscription
union all select 'topic', id::text, document, null from topic

-- name: erase_topic
with gone as (delete from topic where id = any(%(ids)s::uuid[]) returning id::text),
    ended as (update subscription set status = 'disabled', reason = 'The topic was deleted.'
        where topic in (select id from gone))
select count(*) from gone

-- name: rewrite
select outcome, record_version, feed_place from {kind}_write(
    %(bucket)s::smallint, %(id)s::uuid, %(version)s, %(doc)s::jsonb, %(terms)s::text[], %(label)s::text, false,
    '{}'::text[], '{}'::uuid[], '{}'::text[], '{}'::text[], '{}'::boolean[], %(change)s::uuid, %(at)s)

-- name: rewrite_history
update {kind}_history set doc = %(doc)s::jsonb, terms = %(terms)s::text[], label = %(label)s
where (bucket, id, version) = (%(bucket)s::smallint, %(id)s::uuid, %(version)s)

-- name: add_change
insert into change (bucket, id, position, at, client_id, person, purpose, operation, source, reason, request_id)
values (bucket_of(%(id)s), %(id)s, %(position)s, %(at)s, %(client)s, %(person)s, %(purpose)s, %(operation)s, null, null,
    %(request)s)
on conflict do nothing

-- name: cut_links
-- What a record points at no more, in the bucket of either end.
delete from link l using unnest(%(attributes)s::text[], %(targets)s::uuid[]) as g(attribute, target_id)
where l.source_id = %(id)s and (l.attribute, l.target_id) = (g.attribute, g.target_id)
    and l.bucket in (bucket_of(%(id)s), bucket_of(g.target_id))

-- name: cut_former_links
delete from former_link where source_id = %(id)s
    and (bucket, target_id) in (select bucket_of(i), i from unnest(%(targets)s::uuid[]) as i)

-- name: cut_unique_values
delete from unique_value where record_id = %(id)s and digest <> all(%(digests)s::bytea[])

-- name: cut_content_use
delete from content_use where bucket = bucket_of(%(id)s) and record_id = %(id)s
    and encode(sha256, 'hex') = any(%(digests)s::text[])
returning bucket, sha256

-- name: events_of
-- Events that others sent and that hold any of some values, together with what tells whose it is.
select id::text from received_event
where exists (select from unnest(%(values)s::text[]) as v where position(v in body) > 0)
    and exists (select from unnest(%(keys)s::text[]) as k where position(k in body) > 0)

-- name: due
insert into scrub_due (table_name, since) select unnest(%(tables)s::text[]), %(at)s on conflict do nothing

-- ---------------------------------------------------------------- the trail

-- name: entries
-- In the order of their key, so that two who do the same do not wait for each other in a circle.
select id, record_ids, seed, remains from trail where record_ids && %(ids)s::uuid[] order by bucket, id limit %(limit)s for update

-- name: erase_access_review
-- That somebody saw the record as it is stays, and who reviewed it; what was written about it goes.
update access_review set reason = 'erased', remark = null where record_id = any(%(ids)s::uuid[]) and reason <> 'erased'

-- name: erase_privacy_request_event
-- That something was asked and done stays, and when; what was noted about whom goes.
update privacy_request_event set note = null where note is not null
    and request_id in (select id from privacy_request where subject_id = any(%(ids)s::uuid[]))

-- name: erase_privacy_request
update privacy_request set subject_kind = null, subject_id = null,
    identity = case when identity is not null then 'erased' end
where subject_id = any(%(ids)s::uuid[])

-- name: number_of_entries
select count(*) from trail where record_ids && %(ids)s::uuid[]

-- name: hide
update trail t set record_ids = h.record_ids::uuid[], seed = null, remains = h.remains
from unnest(%(entries)s::uuid[], %(ids)s::text[], %(remains)s::bytea[]) as h(id, record_ids, remains)
where (t.bucket, t.id) = (bucket_of(h.id), h.id)

-- ---------------------------------------------------------------- the register

-- name: begin
insert into erasure (id, begun_at, client_id, person, ground, removal)
values (%(id)s, %(at)s, %(client)s, %(person)s, %(ground)s, %(removal)s::jsonb)
on conflict do nothing

-- name: name_records
insert into erasure_record (erasure_id, kind, record_id)
select %(id)s::uuid, k, i from unnest(%(kinds)s::text[], %(ids)s::uuid[]) as n(k, i) on conflict do nothing

-- name: unfinished
select e.id, e.begun_at, e.client_id, e.person, e.ground,
    array(select array[kind, record_id::text] from erasure_record r where r.erasure_id = e.id), e.removal
from erasure e where e.finished_at is null order by e.begun_at, e.id

-- name: is_unfinished
select exists (select from erasure where finished_at is null)

-- name: finish
update erasure set finished_at = %(at)s where id = %(id)s

-- name: note
-- How many rows went, added up: what a crash interrupted goes on counting.
update erasure set rows = (
    select jsonb_object_agg(key, number) from (
        select key, sum(value::bigint) as number from (
            select * from jsonb_each_text(rows) union all select * from jsonb_each_text(%(rows)s::jsonb)
        ) as each group by key
    ) as summed
) where id = %(id)s

-- name: registered
-- What a restore must know, the oldest first.
select e.id, e.begun_at, e.client_id, e.person, e.ground,
    array(select array[kind, record_id::text] from erasure_record r where r.erasure_id = e.id order by kind, record_id),
    e.removal
from erasure e order by e.begun_at, e.id

-- name: receipts
select e.id::text, e.begun_at, e.finished_at, e.client_id, e.person, e.ground, e.rows
from erasure e where %(id)s::uuid is null or id = %(id)s::uuid order by e.begun_at, e.id

-- name: forget
with known as (
    delete from erasure_record r using erasure e
    where e.id = r.erasure_id and e.finished_at < %(before)s returning r.record_id, e.removal is null as whole
), told as (
    -- What only lost values is there, and goes on being told of.
    delete from change_record c where c.record_id in (select record_id from known where whole) returning c.record_id
)
select (select count(*) from known), (select count(*) from told)

-- ---------------------------------------------------------------- restores

-- name: is_restoring
select to_regclass('restoring.erasure') is not null

-- name: restoring
-- Before the data comes: whoever opens the inventory afterwards erases first.
create schema restoring;
create table restoring.erasure (
    id uuid primary key, begun_at timestamptz not null, client_id text not null, person text, ground text not null,
    removal jsonb
);
create table restoring.erasure_record (erasure_id uuid, kind text, record_id uuid);

-- name: restoring_erasure
insert into restoring.erasure values (%(id)s, %(at)s, %(client)s, %(person)s, %(ground)s, %(removal)s::jsonb)

-- name: restoring_record
insert into restoring.erasure_record select %(id)s::uuid, k, i from unnest(%(kinds)s::text[], %(ids)s::uuid[]) as n(k, i)

-- name: take_in
-- What the backup itself knows as done is done in it.
insert into erasure (id, begun_at, client_id, person, ground, removal)
select id, begun_at, client_id, person, ground, removal from restoring.erasure on conflict do nothing;
insert into erasure_record (erasure_id, kind, record_id)
select r.erasure_id, r.kind, r.record_id from restoring.erasure_record r join erasure e on e.id = r.erasure_id
where e.finished_at is null on conflict do nothing;
drop schema restoring cascade;

-- name: has_register
select to_regclass('erasure') is not null

-- ---------------------------------------------------------------- legal holds

-- name: hold
insert into legal_hold (record_id, since, client_id, person, ground)
values (%(id)s, %(since)s, %(client)s, %(person)s, %(ground)s) on conflict do nothing

-- name: release
delete from legal_hold where record_id = %(id)s

-- name: holds
select record_id, since, client_id, person, ground from legal_hold
where %(ids)s::uuid[] is null or record_id = any(%(ids)s::uuid[]) order by since, record_id

-- name: lock_holds
-- Nobody is put on hold, or restricted, while an erasure looks and goes on; that is until its transaction ends.
lock table legal_hold in share mode;
lock table restriction in share row exclusive mode

-- name: restricted
select ground from restriction where party_id = any(%(ids)s::uuid[]) and ended_at is null
