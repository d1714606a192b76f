-- Undoing one change: every record that it touched, in one transaction. `{kind}` is the table's name.

-- name: former
-- Documents of superseded versions.
select h.id::text, h.version, h.doc from unnest(%s::uuid[], %s::bigint[]) as i(id, version)
join {kind}_history h on (h.bucket, h.id, h.version) = (bucket_of(i.id), i.id, i.version)

-- name: standing
-- Whether records stand as a change left them, and at which version: at its own, or at a later one of the same content,
-- as after the undoing of what came between. The date of the last change (`stamp`) is no content.
select i.id::text, case
    when i.deleted then d.version
    when r.version = i.version or r.doc - %(stamp)s::text = h.doc - %(stamp)s::text then r.version end
from unnest(%(ids)s::uuid[], %(versions)s::bigint[], %(deleted)s::boolean[]) as i(id, version, deleted)
left join {kind} r on (r.bucket, r.id) = (bucket_of(i.id), i.id)
left join {kind}_history h on (h.bucket, h.id, h.version) = (bucket_of(i.id), i.id, i.version)
left join deleted_record d on (d.bucket, d.kind, d.id) = (bucket_of(i.id), '{kind}', i.id)

-- name: write
select outcome, record_version, feed_operation, feed_place from {kind}_write(
    %s, %s, %s, %s::jsonb, %s::text[], %s::text, true, %s::text[], %s::uuid[], %s::text[], %s::text[], %s::boolean[],
    %s, %s)

-- name: add_change
insert into change values (bucket_of(%(id)s), %(id)s, %(position)s, %(at)s, %(client)s, %(person)s, %(purpose)s,
    'undo', %(source)s, %(reason)s, %(request)s)

-- name: add_trail
insert into trail values (bucket_of(%(id)s), %(id)s, %(at)s, %(client)s, %(person)s, %(purpose)s,
    %(verb)s, %(kind)s, %(outcome)s, %(shown)s::uuid[], %(request)s)
