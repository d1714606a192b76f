-- The hub: subscriptions, what is still to be delivered, events of other systems. Nothing here is on the way of a write.

-- name: add_subscription
-- From the horizon on: what commits after this moment lies there or beyond. Bounded: a client has so many at most.
insert into subscription (id, client_id, purpose, api, api_version, topic, callback, query, type, fingerprint, secret,
    status, created_at, position, bucket, record_id, version)
select %(id)s, %(client_id)s, %(purpose)s, %(api)s, %(api_version)s, %(topic)s, %(callback)s, %(query)s, %(type)s,
    %(fingerprint)s, %(secret)s, 'active', %(at)s, feed_horizon(), -1, '00000000-0000-0000-0000-000000000000', 0
where (select count(*) from subscription where client_id = %(client_id)s) < %(most)s
on conflict (fingerprint) do nothing

-- name: twin
select id::text from subscription where fingerprint = %s

-- name: subscriptions
select id::text, client_id, purpose, api, api_version, topic, callback, query, type, secret, status, reason, created_at,
    position, bucket, record_id::text, version
from subscription
where (%(client_id)s::text is null or client_id = %(client_id)s)
    and (%(id)s::uuid is null or id = %(id)s)
    and (%(api)s::text is null or (api, api_version) = (%(api)s, %(api_version)s))
    and (%(topic)s::text is null or topic = %(topic)s)
order by created_at, id limit 10000

-- name: drop_subscription
delete from subscription where id = %s

-- name: disable
update subscription set status = 'disabled', reason = %(reason)s where id = %(id)s

-- name: rewind
-- Deliver again from a place on, also to a listener that was given up.
update subscription set status = 'active', reason = null, position = %(position)s, bucket = -1,
    record_id = '00000000-0000-0000-0000-000000000000', version = 0, lease_owner = null, lease_until = null
where id = %(id)s

-- name: forget_queued
-- What was queued lies before a cursor that has moved back: it will be met again.
delete from delivery where subscription_id = %(id)s and position >= %(position)s

-- name: position_at
-- Where the feed stood at a time, which ids of changes begin with: the first of each bucket, one look-up each.
select coalesce(min(first.position), feed_horizon()) from generate_series(0, 4095) as b
cross join lateral (
    select c.position from change c where c.bucket = b::smallint and c.id >= %s order by c.id limit 1) as first

-- name: lease
-- Take the subscriptions that have something to do and that nobody else works on. The end of the feed is asked once.
with tip as materialized (
    select position, bucket, record_id, version from change_record where position < feed_horizon()
    order by position desc, bucket desc, record_id desc, version desc limit 1
), idle as (
    select s.id from subscription s
    where s.status = 'active' and (s.lease_until is null or s.lease_until < %(now)s)
        and (exists (select from tip where (tip.position, tip.bucket, tip.record_id, tip.version)
                > (s.position, s.bucket, s.record_id, s.version))
            or exists (select from delivery d
                where d.subscription_id = s.id and d.status = 'waiting' and d.next_at <= %(now)s))
    order by s.lease_until nulls first limit %(most)s for update skip locked
)
update subscription s set lease_owner = %(owner)s, lease_until = %(until)s from idle where s.id = idle.id
returning s.id::text, client_id, purpose, api, api_version, topic, callback, query, type, secret, status, reason,
    created_at, position, bucket, record_id::text, version

-- name: renew
update subscription set lease_until = %(until)s where lease_owner = %(owner)s returning id::text

-- name: release
update subscription set lease_owner = null, lease_until = %(until)s where id = %(id)s and lease_owner = %(owner)s

-- name: hold
-- Whether the lease is still ours; locks it, so that what is written with it is written by one server only.
select status from subscription where id = %(id)s and lease_owner = %(owner)s and lease_until >= %(now)s for update

-- name: move
update subscription set position = %s, bucket = %s, record_id = %s, version = %s where id = %s

-- name: waiting
select count(*) from (
    select from delivery where subscription_id = %s and status = 'waiting' limit %s) as found

-- name: waiting_records
select distinct record_id::text from delivery
where subscription_id = %s and status = 'waiting' and record_id = any(%s::uuid[])

-- name: queue
insert into delivery (subscription_id, position, bucket, record_id, version, kind, operation, change_id, status, sent,
    event_type, attempts, queued_at, next_at, outcome)
values (%s, %s, %s, %s, %s, %s, %s, %s, 'waiting', %s, %s, %s, %s, %s, %s)
on conflict (subscription_id, status, record_id, version) do nothing

-- name: due
-- The first of what waits of each record, when its time has come.
select * from (
    select distinct on (record_id) position, bucket, record_id::text, version, kind, operation, change_id::text, sent,
        event_type, attempts, queued_at, next_at, outcome
    from delivery where subscription_id = %(id)s and status = 'waiting' order by record_id, version
) as head where next_at <= %(now)s order by next_at limit %(most)s

-- name: behind
-- What waits behind the first of a record.
select position, bucket, record_id::text, version, kind, operation, change_id::text, sent,
    event_type, attempts, queued_at, next_at, outcome
from delivery where subscription_id = %s and status = 'waiting' and record_id = %s and version > %s
order by version limit %s

-- name: done
delete from delivery where subscription_id = %s and status = 'waiting' and record_id = %s and version = %s

-- name: failed
update delivery set sent = %s, event_type = %s, attempts = %s, next_at = %s, outcome = %s
where subscription_id = %s and status = 'waiting' and record_id = %s and version = %s

-- name: given_up
-- A dead letter keeps its place. One that died before, and was replayed by position, dies once.
with dead as (
    delete from delivery where subscription_id = %(id)s and status = 'waiting' and record_id = %(record_id)s
        and version = %(version)s
    returning *
)
insert into delivery select subscription_id, position, bucket, record_id, version, kind, operation, change_id, 'dead',
    %(sent)s, %(event_type)s, %(attempts)s, queued_at, %(now)s, %(outcome)s
from dead
on conflict (subscription_id, status, record_id, version) do update set attempts = excluded.attempts,
    next_at = excluded.next_at, outcome = excluded.outcome, event_type = excluded.event_type, sent = excluded.sent

-- name: dead_letters
select d.subscription_id::text, d.position, d.bucket, d.record_id::text, d.version, d.kind, d.operation,
    d.change_id::text, d.sent, d.event_type, d.attempts, d.queued_at, d.next_at, d.outcome
from delivery d join subscription s on s.id = d.subscription_id
where d.status = 'dead' and (%(client_id)s::text is null or s.client_id = %(client_id)s)
    and (%(subscription)s::uuid is null or d.subscription_id = %(subscription)s)
    and (%(record_id)s::uuid is null or (d.record_id, d.version) = (%(record_id)s, %(version)s))
order by d.subscription_id, d.record_id, d.version offset %(offset)s limit %(limit)s

-- name: count_dead_letters
select count(*) from delivery d join subscription s on s.id = d.subscription_id
where d.status = 'dead' and (%(client_id)s::text is null or s.client_id = %(client_id)s)
    and (%(subscription)s::uuid is null or d.subscription_id = %(subscription)s)

-- name: replay
-- Dead letters wait again, as if they had just been queued: before anything later of the same record.
with dead as (
    delete from delivery where subscription_id = %(id)s and status = 'dead'
        and (%(record_id)s::uuid is null or (record_id, version) = (%(record_id)s, %(version)s))
    returning *
)
insert into delivery select subscription_id, position, bucket, record_id, version, kind, operation, change_id, 'waiting',
    sent, event_type, 0, %(now)s, %(now)s, null
from dead on conflict (subscription_id, status, record_id, version) do nothing

-- name: contents
-- Versions of records of a kind as they are or were.
select id::text, version, doc from {kind} join unnest(%(buckets)s::smallint[], %(ids)s::uuid[], %(versions)s::bigint[])
    as wanted(bucket, id, version) using (bucket, id, version)
union all
select id::text, version, doc from {kind}_history
join unnest(%(buckets)s::smallint[], %(ids)s::uuid[], %(versions)s::bigint[])
    as wanted(bucket, id, version) using (bucket, id, version)

-- name: changes
select c.id::text, c.at, c.request_id from change c
join unnest(%s::smallint[], %s::uuid[]) as wanted(bucket, id) on (c.bucket, c.id) = (wanted.bucket, wanted.id)

-- name: backlog
-- What the hub still has to do, counted up to a bound: waiting and dead deliveries, feed entries that a cursor has not
-- reached, and since when the oldest of all that is not delivered yet.
with cursor as (
    select position, bucket, record_id, version from subscription where status = 'active'
    order by position, bucket, record_id, version limit 1
), ahead as materialized (
    select f.position, f.change_id from change_record f, cursor c
    where (f.position, f.bucket, f.record_id, f.version) > (c.position, c.bucket, c.record_id, c.version)
        and f.position < feed_horizon()
    order by f.position, f.bucket, f.record_id, f.version limit %(most)s
)
select (select count(*) from delivery where status = 'waiting') + (select count(*) from ahead),
    (select count(*) from delivery where status = 'dead'),
    least((select min(queued_at) from delivery where status = 'waiting'),
        (select c.at from change c join (select change_id from ahead order by position limit 1) a
            on c.id = a.change_id and c.bucket = bucket_of(a.change_id)))

-- name: recent
-- The end of the feed backwards, for topics.
select position, bucket, record_id::text, version, kind, operation, change_id::text from change_record
where (position, bucket, record_id, version) < (%s, %s, %s, %s) and position < feed_horizon()
order by position desc, bucket desc, record_id desc, version desc limit %s

-- name: entry
select position, bucket, record_id::text, version, kind, operation, change_id::text from change_record
where (position, bucket, record_id, version) = (%s, %s, %s, %s) and position < feed_horizon()

-- name: receive
with kept as (
    insert into received_event (bucket, source, event_id, id, api, api_version, event_type, received_at, body, status,
        breaches)
    values (%(bucket)s, %(source)s, %(event_id)s, %(id)s, %(api)s, %(api_version)s, %(event_type)s, %(received_at)s,
        %(body)s, %(status)s, %(breaches)s::jsonb)
    on conflict (bucket, source, event_id) do nothing returning id
)
insert into trail values (bucket_of(%(trail_id)s), %(trail_id)s, %(received_at)s, %(source)s, %(person)s, %(purpose)s,
    'create', 'received_event', case when exists (select from kept) then 'done' else 'replayed' end,
    (select coalesce(array_agg(id), '{}') from kept), %(request_id)s)

-- name: received
select id::text, source, event_id, api, api_version, event_type, received_at, body, status, breaches::text
from received_event
where id > %(after)s and (%(id)s::uuid is null or id = %(id)s)
    and (%(event_type)s::text is null or event_type = %(event_type)s)
    and (%(status)s::text is null or status = %(status)s)
    -- What names a record whose use is restricted is stored, and no more.
    and (%(purpose)s::text is null or not exists (
        select from restricted_record x join restriction y on y.id = x.restriction_id
        where (y.until is null or y.until > %(at)s::timestamptz) and not (%(purpose)s = any(y.purposes))
            and position(x.record_id::text in lower(body)) > 0))
order by id limit %(limit)s

-- name: topics
select id::text, client_id, created_at, document from topic where (%(id)s::uuid is null or id = %(id)s)
order by created_at, id limit 10000

-- name: add_topic
-- With its trail entry; bounded.
with kept as (
    insert into topic (id, client_id, created_at, document)
    select %(id)s, %(client_id)s, %(created_at)s, %(document)s where (select count(*) from topic) < %(most)s
    returning id
)
insert into trail select bucket_of(%(trail_id)s), %(trail_id)s, %(created_at)s, %(client_id)s, %(person)s, %(purpose)s,
    'create', 'topic', 'done', array[id], %(request_id)s
from kept

-- name: drop_topic
-- Who subscribed to it sees why nothing comes any more.
with gone as (
    delete from topic where id = %(id)s returning id
), ended as (
    update subscription set status = 'disabled', reason = 'The topic was deleted.'
    where topic = %(topic)s and exists (select from gone)
)
insert into trail select bucket_of(%(trail_id)s), %(trail_id)s, %(at)s, %(client_id)s, %(person)s, %(purpose)s,
    'delete', 'topic', 'done', array[id], %(request_id)s
from gone
