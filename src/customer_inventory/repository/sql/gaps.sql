-- What stored records have and lack, looked at in a sample of a kind's table. In braces: `{kind}` the table, `{counts}` one
-- `covered` for each place `{way}`, `{share}` the percentage of the table's pages that is read; everything else is bound.

-- name: about
select greatest(reltuples, 0)::bigint from pg_class where oid = %s::regclass

-- name: sampled
-- A record's source is what the import said that wrote it last, else the process that did.
with sampled as materialized (
    select r.id, r.doc, coalesce(c.source, c.client_id, '') as source
    from {kind} r tablesample system ({share})
    left join change c on (c.bucket, c.id) = (bucket_of(r.change_id), r.change_id)
    where (%(class)s::text is null or r.terms @> array[%(class)s::text])
        and (%(purpose)s::text is null or not exists (
            select from restricted_record x join restriction y on y.id = x.restriction_id
            where x.bucket = r.bucket and x.record_id = r.id and (y.until is null or y.until > %(at)s::timestamptz)
                and not (%(purpose)s = any(y.purposes))))
)

-- name: used
-- Which clients were shown records of a kind since a moment, by the attributes that they asked for by name; '' is none.
-- An access is read whole or not at all, in a sample of the trail; those that counted records showed none.
select coalesce(a.attribute, ''), t.client_id, count(*), max(t.at)
from trail t tablesample system ({share})
left join lateral unnest(t.attributes) as a(attribute) on true
where t.kind = %(kind)s and t.at >= %(since)s and t.outcome = 'shown' and t.verb in ('read', 'download')
    and (t.attributes is not null or cardinality(t.record_ids) > 0)
group by 1, 2 order by 3 desc limit %(most)s

-- name: covered
count(*) filter (where s.doc @? %({way})s::jsonpath)

-- name: coverage
-- All records first, then the largest groups.
select coalesce(s.source, ''), coalesce(s.segment, ''), count(*){counts}
from (
    select doc, source, coalesce(jsonb_path_query_first(doc, %(segment)s::jsonpath) #>> '{{}}', '') as segment from sampled
) s
group by grouping sets ((s.source, s.segment), ()) order by grouping(s.source) desc, 3 desc limit %(most)s + 1

-- name: unknown
-- Attributes that nobody declared or asked for: in the objects that `ways` lead to, by the type of their values.
select p.path, e.key, jsonb_typeof(e.value), s.source, count(distinct s.id), min(s.id::text)
from sampled s
cross join unnest(%(ways)s::text[], %(paths)s::text[]) as p(way, path)
cross join lateral jsonb_path_query(s.doc, p.way::jsonpath) h
cross join lateral jsonb_each(case when jsonb_typeof(h) = 'object' then h else '{{}}'::jsonb end) e
where case when p.path = '' then e.key else p.path || '.' || e.key end <> all(%(known)s::text[])
group by 1, 2, 3, 4 order by 5 desc limit %(most)s

-- name: characteristics
-- Characteristics that nobody asked for, by their names.
select p.path, h ->> 'name', jsonb_typeof(h -> 'value'), s.source, count(distinct s.id), min(s.id::text)
from sampled s
cross join unnest(%(paths)s::text[]) as p(path)
cross join lateral jsonb_path_query(s.doc, ('$.' || p.path || '[*]')::jsonpath) h
where jsonb_typeof(h) = 'object' and jsonb_typeof(h -> 'name') = 'string'
    and p.path || '[' || (h ->> 'name') || ']' <> all(%(known)s::text[])
group by 1, 2, 3, 4 order by 5 desc limit %(most)s
