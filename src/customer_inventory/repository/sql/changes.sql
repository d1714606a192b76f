-- The change feed and the access trail.

-- name: feed
-- What changed after a position, in order, up to the horizon: no commit is skipped and none comes twice.
select position, bucket, record_id::text, version, kind, operation, change_id::text from change_record
where (position, bucket, record_id, version) > (%s, %s, %s, %s) and position < feed_horizon()
order by position, bucket, record_id, version limit %s

-- name: append_trail
insert into trail
select bucket_of(id), id, at, client_id, nullif(person, ''), purpose, verb, kind, outcome, record_ids::uuid[], request_id
from unnest(%s::uuid[], %s::timestamptz[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[],
            %s::text[], %s::text[])
    as t(id, at, client_id, person, purpose, verb, kind, outcome, record_ids, request_id)

-- name: trail_of
-- What the trail holds of one request, for those who check it.
select verb, kind, outcome, record_ids::text[], client_id, person, purpose, at from trail where request_id = %s
