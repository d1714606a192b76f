-- The catalogue of information requirements: its versions, and the stamp by which every server sees that it changed.

-- name: stamp
select number from catalogue_stamp

-- name: turn
-- The lock under which the catalogue is written: one after the other, each seeing what the one before left.
update catalogue_stamp set number = number + 1

-- name: versions
select id, version, base, resource, change, document::text, status, reason, proposed_by, proposed_at, decided_by, decided_at,
    decision, effective_from
from requirement_version
where (%(id)s::text is null or id = %(id)s) and (%(version)s::integer is null or version = %(version)s)
    and (%(statuses)s::text[] is null or status = any(%(statuses)s))
order by id, version

-- name: add
insert into requirement_version
    (id, version, base, resource, change, document, status, reason, proposed_by, proposed_at)
values (
    %(id)s, (select coalesce(max(version), 0) + 1 from requirement_version where id = %(id)s), %(base)s, %(resource)s,
    %(change)s, %(document)s::jsonb, %(status)s, %(reason)s, %(by)s, %(at)s
) returning version

-- name: decide
update requirement_version
set status = %(status)s, decided_by = %(by)s, decided_at = %(at)s, decision = %(decision)s, effective_from = %(from)s
where id = %(id)s and version = %(version)s and status = any(%(expected)s::text[])

-- name: submit
update requirement_version set status = 'proposed', proposed_at = %(at)s
where id = %(id)s and version = %(version)s and status = 'draft'
