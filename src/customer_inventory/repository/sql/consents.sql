-- Consent: what parties said to the use of their data for purposes, kept for good, and what holds of it now.

-- name: add
insert into consent_fact (
    bucket, id, party_id, purpose, given, said_at, expires_at, document_version, evidence, agreement_id,
    recorded_at, client_id, person
)
values (
    %(bucket)s, %(id)s, %(party)s, %(purpose)s, %(given)s, %(said_at)s, %(expires_at)s, %(document_version)s,
    %(evidence)s, %(agreement)s, %(recorded_at)s, %(client)s, %(person)s
)

-- name: resolve
select resolve_consent(f) from consent_fact f where (bucket, id) = (%(bucket)s, %(id)s)

-- name: facts
select id::text, party_id::text, purpose, given, said_at, expires_at, document_version, evidence, agreement_id::text,
    recorded_at, client_id, person
from consent_fact where bucket = %(bucket)s and party_id = %(party)s order by said_at desc, id desc limit %(limit)s

-- name: resolved
-- What an agreement gives that began since is as good as said then.
select purpose, given or later is not null,
    case when later is null or holds then said_at else lower(later) end,
    case when later is null or holds then expires_at else upper(later) end, fact_id::text
from (
    select c.*, given and coalesce(expires_at, 'infinity') > %(at)s::timestamptz as holds,
        (select r from unnest(ahead) as r where r @> %(at)s::timestamptz) as later
    from consent c where bucket = %(bucket)s and party_id = %(party)s
) as found
where said_at > '-infinity' or later is not null order by purpose

-- name: holding
-- Of which records of a kind the use is consented to.
select t.id::text from (select bucket_of(i) as bucket, i as id from unnest(%s::uuid[]) as i) t where {consented}

-- name: of_party
-- A party says it of itself.
exists (
    select from consent c where c.bucket = t.bucket and c.party_id = t.id and c.purpose = %s
        and (c.given and (c.expires_at is null or c.expires_at > %s) or c.ahead @> %s::timestamptz)
)

-- name: of_owner
-- Of what belongs to parties each of them says it; who owns through a part that it plays is asked itself.
(exists (select from link o where o.bucket = t.bucket and o.source_id = t.id and o.attribute = any(%s::text[]))
and not exists (
    select from link o
    left join link e on e.bucket = bucket_of(o.target_id) and e.source_id = o.target_id and e.attribute = %s
        and o.target_kind = any(%s::text[])
    where o.bucket = t.bucket and o.source_id = t.id and o.attribute = any(%s::text[]) and not exists (
        select from consent c where c.bucket = bucket_of(coalesce(e.target_id, o.target_id))
            and c.party_id = coalesce(e.target_id, o.target_id) and c.purpose = %s
            and (c.given and (c.expires_at is null or c.expires_at > %s) or c.ahead @> %s::timestamptz)
    )
))
