-- Pieces from which `query.py` composes lists. In braces: `{kind}` a table, the rest pieces of this file or expressions
-- of `kinds.value_expression`; every value from outside is a bound parameter, but for the limit, which is a number of
-- ours: of a page whose size it does not know PostgreSQL expects a tenth of all records, so that it would plan a prepared
-- statement anew each time it runs.
--
-- A page's `record_id` is not called `id`: an order by id would then mean the text, and no index would serve it. A page
-- may tell what was `written_since` its total was counted (schema.sql).

-- name: now
{kind} t

-- name: as_of
(select bucket, id, version, doc, terms, label from {kind} where updated_at <= %s
 union all
 select bucket, id, version, doc, terms, label from {kind}_history where updated_at <= %s and superseded_at > %s) t

-- name: standing
-- Records that hold something as they are now, whatever they were.
(t.bucket, t.id) in (select t.bucket, t.id from {kind} t where {where})

-- name: branch
select '{kind}' as kind, bucket, id, version, doc, terms, label from {source} where {where}

-- name: union
({branches}) t

-- name: page
select id::text as record_id, version, doc, bucket {columns} from {source} where {where} order by {order} limit {limit}

-- name: all
select id::text as record_id, version, doc from {source} where {where}

-- name: all_shuffled
-- In an order that says nothing to who does not have the key.
select id::text as record_id, version, doc from {source} where {where} order by sha256(%s::bytea || uuid_send(t.id))

-- name: value_at
-- What a page is sorted by, of the record at which the one before ended.
(select {value} from {source} where bucket = %s and id = %s and {fence})

-- name: has_place
select exists (select from {source} where bucket = %s and id = %s and {fence})

-- name: count
select count(*) from (select from {source} where {where} limit %s) hit

-- name: count_at
-- The same with the settled place of the feed at which it holds, or later.
select count(*), (select coalesce(max(position), 0) from change_record where position < feed_horizon())
from (select from {source} where {where} limit %s) hit

-- name: estimate
explain (format json) select from {source} where {where}

-- name: named
-- Every word of the search stands in the name, in any order; the trigram index serves both.
label like %s

-- name: begun
-- A word of the name begins so: what the trigram index can serve of one or two letters.
(label like %s or label like %s)

-- name: sounds
-- A name like this one: trigram similarity of words, for typing errors.
%s <%% label

-- name: written_since
select written_since('{kind}', %s)

-- name: total
-- The exact number of records of a kind at a settled place of the feed, from which later totals count on: what this
-- snapshot already sees behind the place is taken off again. The place is that of an entry, not the horizon: an entry
-- was committed, so no later position is below it; a horizon may stand on transaction ids that a crash gives out again.
with edge as (select coalesce(max(position), 0) as settled from change_record where position < feed_horizon())
select (select count(*) from {kind}) - (
    select count(*) filter (where operation = 'create') - count(*) filter (where operation = 'delete')
    from change_record where position > (select settled from edge) and kind = '{kind}'),
    (select settled from edge)

-- name: total_since
-- What came and went since a place: all of it, the part that is settled by now with its place, and how many entries.
-- Where they are more than `written_since` looks at.
with edge as materialized (select feed_horizon() as horizon), since as (
    select position, position < (select horizon from edge) as settled,
        case when kind <> '{kind}' then 0 when operation = 'create' then 1 when operation = 'delete' then -1 else 0 end
            as came
    from change_record where position > %s
)
select coalesce(sum(came), 0)::bigint, coalesce(sum(came) filter (where settled), 0)::bigint,
    max(position) filter (where settled), count(*)
from since
