-- The change feed and the access trail.

-- name: feed
-- What changed after a position, in order, up to the horizon: no commit is skipped and none comes twice.
select position, bucket, record_id::text, version, kind, operation, change_id::text from change_record
where (position, bucket, record_id, version) > (%s, %s, %s, %s) and position < feed_horizon()
order by position, bucket, record_id, version limit %s

-- name: append_trail
insert into trail
select bucket_of(id), id, at, client_id, nullif(person, ''), purpose, verb, kind, outcome, record_ids::uuid[], request_id,
    nullif(attributes, '')::text[], (select feed_position()), seed
from unnest(%s::uuid[], %s::timestamptz[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[],
            %s::text[], %s::text[], %s::text[], %s::uuid[])
    as t(id, at, client_id, person, purpose, verb, kind, outcome, record_ids, request_id, attributes, seed)

-- name: trail_of
-- What the trail holds of one request, for those who check it.
select verb, kind, outcome, record_ids::text[], client_id, person, purpose, at from trail where request_id = %s

-- name: sightings
-- What the trail holds of one record, newest first; a condition without a value lets everything pass.
select t.id::text, t.at, t.client_id, coalesce(c.name, t.client_id), t.person, t.purpose, t.verb, t.kind, t.outcome,
    t.request_id, t.attributes, cardinality(t.record_ids)
from trail t left join client c on c.client_id = t.client_id
where t.record_ids @> array[%(record)s::uuid] and (%(client)s::text is null or t.client_id = %(client)s::text)
    and (%(verb)s::text is null or t.verb = %(verb)s::text)
    and (%(since)s::timestamptz is null or t.at >= %(since)s::timestamptz)
    and (%(until)s::timestamptz is null or t.at < %(until)s::timestamptz)
    and (%(after)s::uuid is null or (t.at, t.id) < (
        select a.at, a.id from trail a where (a.bucket, a.id) = (bucket_of(%(after)s::uuid), %(after)s::uuid)))
order by t.at desc, t.id desc limit %(limit)s

-- name: sightings_together
-- Who saw or wrote any of these records: each once, with how often, from when to when, and which attributes were asked for
-- by name; whole records were seen where nobody named any.
select t.client_id, coalesce(c.name, t.client_id), t.person, t.purpose, t.verb, t.kind, t.outcome, count(*), min(t.at),
    max(t.at),
    (select array_agg(distinct a order by a) from unnest(array_agg(array_to_string(t.attributes, e'\n'))) as l(line),
        unnest(string_to_array(line, e'\n')) as a), bool_or(t.attributes is null)
from trail t left join client c on c.client_id = t.client_id
where t.record_ids && %(records)s::uuid[] and (%(since)s::timestamptz is null or t.at >= %(since)s::timestamptz)
group by 1, 2, 3, 4, 5, 6, 7 order by max(t.at) desc, 1, 3, 4, 5, 6, 7 limit %(limit)s

-- name: change
select id, position, at, operation, client_id, person, purpose, source, reason, request_id from change
where bucket = %s and id = %s

-- name: entries_of
-- What one change did, of the kinds that are asked for, to records that may be used for a purpose.
select position, bucket, record_id::text, version, kind, operation, change_id::text from change_record c
where position = %(position)s and change_id = %(change)s
    and (%(kinds)s::text[] is null or kind = any(%(kinds)s::text[])) and ({free})
order by bucket, record_id, version limit %(limit)s offset %(offset)s

-- name: number_of_entries
select count(*) from change_record c
where position = %(position)s and change_id = %(change)s
    and (%(kinds)s::text[] is null or kind = any(%(kinds)s::text[])) and ({free})

-- name: free
-- That an entry `c` is of a record that may be used for a purpose at a moment; without a purpose every one is.
%(purpose)s::text is null or not exists (
    select from restricted_record r join restriction x on x.id = r.restriction_id
    where r.bucket = c.bucket and r.record_id = c.record_id and (x.until is null or x.until > %(at)s::timestamptz)
        and not (%(purpose)s::text = any(x.purposes)))

-- name: changes_where
-- Which changes are asked for; a condition without a value lets everything pass.
(%(client)s::text is null or c.client_id = %(client)s::text)
    and (%(operation)s::text is null or c.operation = %(operation)s::text)
    and (%(since)s::timestamptz is null or c.at >= %(since)s::timestamptz)
    and (%(ids)s::uuid[] is null or (c.bucket, c.id) in (select bucket_of(i), i from unnest(%(ids)s::uuid[]) as i))
    and (%(kinds)s::text[] is null or exists (
        select from change_record r
        where r.position = c.position and r.change_id = c.id and r.kind = any(%(kinds)s::text[])))
    and (%(purpose)s::text is null or exists (
        -- What touched nothing, as far as that is kept, tells of no record.
        select from (select 1) as one left join change_record c2 on c2.position = c.position and c2.change_id = c.id
        where c2.change_id is null or (%(kinds)s::text[] is null or c2.kind = any(%(kinds)s::text[])) and not exists (
            select from restricted_record r join restriction x on x.id = r.restriction_id
            where r.bucket = c2.bucket and r.record_id = c2.record_id
                and (x.until is null or x.until > %(at)s::timestamptz) and not (%(purpose)s::text = any(x.purposes)))))

-- name: changes_page
-- Newest first, along the feed; `after` is the last change of the page before.
select id, position, at, operation, client_id, person, purpose, source, reason, request_id from change c
where {where}
    and (%(after)s::uuid is null or (c.position, c.id) < (
        select a.position, a.id from change a where a.bucket = bucket_of(%(after)s::uuid) and a.id = %(after)s::uuid))
order by c.position desc, c.id desc limit %(limit)s offset %(offset)s

-- name: changes_count
select count(*) from (select from change c where {where} limit %(limit)s) as found

-- name: changes_of_record
-- The changes that wrote or ended a version of one record of a kind.
select change_id from {kind} where bucket = %(bucket)s and id = %(id)s
union
select unnest(array[change_id, superseded_by]) from {kind}_history where bucket = %(bucket)s and id = %(id)s
