-- The repository's schema as a fresh inventory gets it. `migrations/` leads an older inventory to the same place;
-- tests/contract/test_migrations.py builds one database from each and compares their catalogues.
--
-- Three stores (docs/explanation/architecture.md):
--   records   one table a kind (individual, organization, customer), all of one shape, with its history beside it
--   journal   append-only facts: change, change_record (the feed), trail; beside them deleted_record, what can come back
--   register  small governed tables: client, client_grant, client_policy, client_use, person, session, signing_key, idempotency, source_record,
--             unique_value, import_run, requirement_version, catalogue_stamp, subscription, delivery, topic,
--             received_event, erasure, erasure_record, legal_hold, scrub_due, privacy_request, privacy_request_event,
--             restriction, restricted_record
--
-- Made to distribute: every primary and unique key of records and journal contains `bucket`; look-up tables that must
-- be unique over everything (idempotency, source_record, unique_value) take as bucket a hash of the value they are keyed by; the
-- other register tables are small and would be reference tables. Timestamps are always parameters. No triggers.

create extension if not exists pg_trgm;

-- ---------------------------------------------------------------- the feed's positions

-- Positions are transaction ids (xid8) moved by `shift`. A restored inventory starts over with small transaction ids;
-- the shift keeps positions rising across restores, so readers' cursors stay valid. One row.
create table feed_origin (
    only_one boolean primary key default true check (only_one),
    shift bigint not null
);
insert into feed_origin (shift) values (0);

create function feed_position() returns bigint
    language plpgsql as $$ -- plpgsql, here and below: it keeps its plans, where language sql makes them at every call
begin
    return (select pg_current_xact_id()::text::bigint + shift from feed_origin);
end $$;

-- Everything below the horizon is settled: no transaction with a lower position can still commit, so a reader that
-- stays below it never skips one. Never order by time: commit order and clock order differ.
create function feed_horizon() returns bigint
    language plpgsql stable parallel safe as $$
begin
    return (select pg_snapshot_xmin(pg_current_snapshot())::text::bigint + shift from feed_origin);
end $$;

-- ---------------------------------------------------------------- journal: changes

create table change (
    bucket smallint not null,
    id uuid not null,
    position bigint not null,
    at timestamptz not null,
    client_id text not null,
    person text,
    purpose text not null,
    operation text not null check (operation in ('create', 'modify', 'delete', 'import', 'restore', 'undo')),
    source text,
    reason text,
    request_id text not null,
    primary key (bucket, id)
);
create index change_position on change (position, id);  -- the list of changes, newest first

-- What each change touched: one row a record version, in the order in which a reader of the feed gets them.
create table change_record (
    position bigint not null,
    bucket smallint not null,
    record_id uuid not null,
    version bigint not null,
    kind text not null,
    operation text not null check (operation in ('create', 'modify', 'delete')),
    change_id uuid not null,
    primary key (position, bucket, record_id, version)
);

-- What became of a kind since a place of the feed, for totals that were counted there: how many entries, how many of the
-- kind, how many records it has more, how many of these are settled, and the settled place now. At most 101 entries are
-- looked at, in order: from more than a hundred nobody may conclude anything. As text, for it stands beside each record
-- of a page; as a function, for it keeps its plan where that of the page is made for the values that are looked for.
create function written_since(p_kind text, p_place bigint) returns text
    language plpgsql stable as $$ -- stable: of the same snapshot as the page in whose statement it is called
declare
    v_horizon bigint := feed_horizon();
begin
    return (
        select concat_ws(' ', count(*), count(*) filter (where kind = p_kind), coalesce(sum(came), 0),
            coalesce(sum(came) filter (where position < v_horizon), 0),
            coalesce(max(position) filter (where position < v_horizon), p_place))
        from (
            select position, kind, case when kind <> p_kind then 0 when operation = 'create' then 1
                when operation = 'delete' then -1 else 0 end as came
            from change_record where position > p_place order by position limit 101
        ) since
    );
end $$;

-- What is deleted and not purged: one row a record, from its deletion to its restoration or purge. Who writes a record
-- that is deleted locks its row here, as one locks the record while it is there.
create table deleted_record (
    bucket smallint not null,
    kind text not null,
    id uuid not null,
    version bigint not null,                -- the number of the deletion among the record's versions
    deleted_at timestamptz not null,
    position bigint not null,               -- the deletion's place in the feed
    change_id uuid not null,                -- the change that deleted it
    primary key (bucket, kind, id)
);
create index deleted_record_by_time on deleted_record (kind, deleted_at, bucket, id);

-- ---------------------------------------------------------------- journal: the access trail

-- Who was shown or did what, for which purpose; written and flushed before the answer leaves. `record_ids` holds every
-- id that was shown. No customer data but ids.
create table trail (
    bucket smallint not null,
    id uuid not null,
    at timestamptz not null,
    client_id text not null,
    person text,
    purpose text not null,
    verb text not null,
    kind text not null,
    outcome text not null check (outcome in ('shown', 'done', 'unchanged', 'replayed', 'absent', 'stale', 'refused')),
    record_ids uuid[] not null,
    request_id text not null,
    attributes text[],                      -- asked for by name, to be shown, searched or sorted by; null: none
    position bigint not null default feed_position(), -- its place: no later entry comes below the horizon
    seed uuid default gen_random_uuid(),    -- of the salts under which its seal holds the ids
    remains bytea,                          -- in its place once ids were erased: hashes of those, salts of the others
    primary key (bucket, id)
);
create index trail_position on trail (position);
create index trail_record_ids on trail using gin (record_ids);

-- The blocks of entries that are sealed, up to but not including a place. What was sealed is in `signed`, and nowhere else
-- (access/sealing/).
create table seal (
    number bigint primary key,
    next_position bigint not null,
    signed text not null,                   -- JSON Web Signature, compact (RFC 7515)
    at timestamptz not null
);

create table seal_key (
    id text primary key,
    private_key text not null,              -- JSON Web Key as JSON; of a retired one the public half
    public_key text not null,
    created_at timestamptz not null,
    algorithm text not null default 'ES256',
    retired_at timestamptz,                 -- from when on another one signs
    vouch text                              -- what the key before signed to name this one
);

-- After a restore: move the origin so that new positions lie above every restored one, and above what is sealed. Returns
-- the shift.
create function repository_rebase_positions() returns bigint
    language sql volatile
begin atomic
    update feed_origin set shift = greatest(
        shift,
        greatest(
            coalesce((select max(position) from change_record), 0),
            coalesce((select max(next_position) from seal), 0)
        ) + 1 - pg_current_xact_id()::text::bigint
    ) returning shift;
end;

-- ---------------------------------------------------------------- links

-- References between records, readable from both ends. A link whose ends live in two buckets has a row in each.
create table link (
    bucket smallint not null,
    source_id uuid not null,
    attribute text not null,
    target_id uuid not null,
    role text not null,
    source_kind text not null,
    target_kind text not null,
    strict boolean not null,
    primary key (bucket, source_id, attribute, target_id, role)
);
create index link_target on link (bucket, target_id);

-- Who pointed at a record once and may have ceased to: candidates for looking back, where the sources' own history
-- tells when they did. Kept in the bucket of the target, for sources are found by their ids.
create table former_link (
    bucket smallint not null,
    target_id uuid not null,
    source_id uuid not null,
    source_kind text not null,
    primary key (bucket, target_id, source_id)
);
create index former_link_source on former_link (source_id);  -- for purging

create function bucket_of(id uuid) returns smallint
    language sql immutable strict parallel safe
    return (('x' || substr(id::text, 16, 3))::bit(12)::int)::smallint;

create function write_links(
    p_source_id uuid, p_source_kind text, p_attributes text[], p_targets uuid[], p_kinds text[], p_roles text[],
    p_strict boolean[]
) returns void
    language plpgsql as $$
declare
    v_bucket smallint := bucket_of(p_source_id);
begin
    -- One by one: as a set, with its sorting and joining, one link cost three times as much.
    for i in 1 .. cardinality(p_attributes) loop
        insert into link values (
            v_bucket, p_source_id, p_attributes[i], p_targets[i], p_roles[i], p_source_kind, p_kinds[i], p_strict[i]
        ) on conflict do nothing;
        if bucket_of(p_targets[i]) <> v_bucket then
            insert into link values (
                bucket_of(p_targets[i]), p_source_id, p_attributes[i], p_targets[i], p_roles[i], p_source_kind,
                p_kinds[i], p_strict[i]
            ) on conflict do nothing;
        end if;
    end loop;
end $$;

create function drop_links(p_source_id uuid) returns void
    language plpgsql as $$
begin
    with dropped as (
        delete from link where bucket in (
            select bucket_of(target_id) from link where bucket = bucket_of(p_source_id) and source_id = p_source_id
            union select bucket_of(p_source_id)
        ) and source_id = p_source_id
        returning target_id, source_kind
    )
    insert into former_link select distinct bucket_of(target_id), target_id, p_source_id, source_kind from dropped
        on conflict do nothing;
end $$;

-- ---------------------------------------------------------------- register

create table client (
    client_id text primary key,
    name text not null unique,
    secret_hash bytea,                      -- SHA-256 of a 256-bit random secret; null: cannot ask for tokens
    purposes text[] not null check (cardinality(purposes) > 0),
    status text not null check (status in ('active', 'suspended', 'revoked')),
    registered_at timestamptz not null,
    registered_by text not null
);

create table client_grant (
    client_id text not null references client on delete cascade,
    verb text not null,
    kind text not null,                     -- a kind of record, or '*' for every kind there is or will be
    primary key (client_id, verb, kind)
);

-- Grants that are limited: a line each, in the language of policies (access/policy/language.py).
create table client_policy (
    client_id text not null references client on delete cascade,
    number int not null,
    line text not null,
    primary key (client_id, number)
);

-- What clients have used of grants that say at most how much.
create table client_use (
    client_id text not null references client on delete cascade,
    verb text not null,
    kind text not null,
    per text not null,                      -- day or second
    since timestamptz not null,             -- when the period began
    amount bigint not null,
    primary key (client_id, verb, kind, per)
);

-- A process that asks to become a client, or is one: what is told of it, and where it stands in its life
-- (access/registration.py has the steps). The client is there from its approval on.
create table registration (
    client_id text primary key,
    name text not null,
    document jsonb not null,
    status text not null
        check (status in ('draft', 'submitted', 'approved', 'rejected', 'active', 'due', 'suspended', 'revoked')),
    privileged boolean not null,            -- may delete, download, or do something to every kind of record
    requested_by text not null,
    requested_at timestamptz not null,
    approved_by text,
    due_at timestamptz,                     -- when it is suspended unless it is recertified
    expires_at timestamptz,                 -- when it ends by itself; null: never
    token_hash bytea                        -- SHA-256 of what manages it (RFC 7592); null: only people do
);
create unique index registration_name on registration (name) where status not in ('rejected', 'revoked');

-- Who did what to a registration; only added to.
create table registration_decision (
    client_id text not null references registration on delete cascade,
    number integer not null check (number > 0),
    verb text not null,
    status text not null,                   -- to which it led
    decided_by text not null,
    decided_at timestamptz not null,
    said text,
    primary key (client_id, number)
);

-- What processes did that their registrations do not let expect, each once in its period.
create table registration_alarm (
    client_id text not null references registration on delete cascade,
    code text not null,
    since timestamptz not null,             -- when the period began: an hour, or a day
    at timestamptz not null,
    said text not null,
    primary key (client_id, code, since)
);
create index registration_alarm_at on registration_alarm (at);

-- What clients prove with who they are: several of each, each for its time, so that one follows another without a gap.
-- A process has them from its registration on, before it is a client.
create table client_credential (
    client_id text not null,
    number integer not null check (number > 0),
    secret_hash bytea,                      -- SHA-256 of a 256-bit random secret
    public_key jsonb,                       -- JSON Web Key (RFC 7517) that verifies assertions (RFC 7523)
    valid_from timestamptz not null,
    valid_until timestamptz,                -- null: until it is rotated
    created_at timestamptz not null,
    created_by text not null,
    primary key (client_id, number),
    constraint secret_or_key check (num_nonnulls(secret_hash, public_key) = 1)
);

-- Assertions that were used, until they expire: none is taken twice, by whichever server.
create table used_assertion (
    client_id text not null,
    digest bytea not null check (length(digest) = 32), -- SHA-256 of its jti
    expires_at timestamptz not null,
    primary key (client_id, digest)
);
create index used_assertion_expires on used_assertion (expires_at);

-- Access tokens that were revoked before their end (RFC 7009); each server knows them, so there are only as many as live.
create table revoked_token (
    digest bytea primary key check (length(digest) = 32), -- SHA-256 of its jti
    expires_at timestamptz not null
);

create table person (
    id uuid primary key,
    login text not null unique,
    display_name text not null,
    password_hash text not null,            -- argon2id
    role text not null check (role in ('administrator', 'steward', 'auditor', 'privacy-officer', 'owner', 'operator')),
    status text not null check (status in ('active', 'disabled')),
    created_at timestamptz not null,
    password_made_at timestamptz,           -- since when it is one that was made for the person; null: an own one
    made_password_hash text                 -- of the one that was made before the own one: others know it
);

create table session (
    token_hash bytea primary key,           -- SHA-256 of the cookie
    person_id uuid not null references person on delete cascade,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    id uuid not null unique default gen_random_uuid(),  -- by which it is shown and ended
    last_seen_at timestamptz,               -- to about a minute; null: since it began
    network text,                           -- where from, no closer than /24 or /48
    browser text,
    several_factors boolean not null default false, -- the OpenID provider asked for more than one
    password_due boolean not null default false     -- began with a password that was made for the person
);

-- As whom OpenID providers know people.
create table person_identity (
    person_id uuid not null references person on delete cascade,
    issuer text not null,
    subject text not null,
    linked_at timestamptz not null,
    primary key (issuer, subject),
    unique (person_id, issuer)
);

-- What an authenticator shares with the inventory (RFC 6238), as it is: to check a code takes the secret itself.
create table second_factor (
    person_id uuid primary key references person on delete cascade,
    secret text not null,                   -- base 32
    created_at timestamptz not null,
    confirmed_at timestamptz,               -- by a first code; until then it is not asked for
    last_step bigint not null default 0     -- the last 30 seconds whose code was used: no code counts twice
);

create table recovery_code (
    person_id uuid not null references person on delete cascade,
    code_hash bytea not null,               -- SHA-256 of 80 random bits
    primary key (person_id, code_hash)
);

-- Browsers whose visitor gave the right password, and not yet the second factor.
create table arrival (
    visit_hash bytea primary key,           -- SHA-256 of the cookie
    person_id uuid not null references person on delete cascade,
    expires_at timestamptz not null,
    password_due boolean not null default false     -- as in session
);

-- Who broke the glass: saw one record unmasked for half an hour, and somebody else looks at why afterwards.
create table access_review (
    id uuid primary key,
    person_id uuid not null references person on delete cascade,
    login text not null,
    kind text not null,
    record_id uuid not null,
    reason text not null,
    opened_at timestamptz not null,
    expires_at timestamptz not null,        -- until then the record is shown as it is
    closed_at timestamptz,
    closed_by text,
    remark text,                            -- of whoever closed it
    check (closed_by <> login)
);
create index access_review_open on access_review (person_id) where closed_at is null;

create table signing_key (
    id text primary key,
    private_key jsonb not null,             -- JSON Web Key (RFC 7517); of a retired one the public half
    created_at timestamptz not null,
    algorithm text not null default 'ES256',
    retired_at timestamptz,                 -- from when on another one signs
    not_after timestamptz                   -- until when the tokens of a retired one are taken
);

-- A repeated request with the same key gets the answer that the first one got: the record version is named, not kept,
-- so that no customer data lives here.
create table idempotency (
    bucket smallint not null,
    client_id text not null,
    key text not null,
    fingerprint bytea not null,             -- SHA-256 of method, path and body
    kind text not null,
    record_id uuid not null,
    version bigint not null,
    at timestamptz not null,
    primary key (bucket, client_id, key)
);

-- Which record a source's own id names: the key by which an import finds again what it brought.
create table source_record (
    bucket smallint not null,
    kind text not null,
    source text not null,
    source_id text not null,
    record_id uuid not null,
    primary key (bucket, kind, source, source_id)
);

-- Which record has a value that must be unique in its kind or class: nobody else can have it (uniqueness.py). Keyed by
-- the value, of which no more than a digest is kept.
create table unique_value (
    bucket smallint not null,               -- follows from the digest
    digest bytea not null check (length(digest) = 32), -- SHA-256 of kind or class, attribute and value
    record_id uuid not null,
    primary key (bucket, digest)
);
create index unique_value_record on unique_value (record_id);

-- What parties said to the use of their data, in their bucket; only added to, and erased with the party.
create table consent_fact (
    bucket smallint not null,
    id uuid not null,
    party_id uuid not null,
    purpose text not null,
    given boolean not null,                 -- or withdrawn
    said_at timestamptz not null,
    expires_at timestamptz,                 -- null: until it is withdrawn
    document_version text,                  -- which words were agreed to
    evidence text,                          -- where that is shown
    agreement_id uuid,                      -- the privacy agreement (TMF644) it is part of
    recorded_at timestamptz not null,
    client_id text not null,
    person text,
    by_agreement boolean not null default false, -- said by what that agreement is, not by somebody who names it
    primary key (bucket, id)
);
create index consent_fact_party on consent_fact (bucket, party_id);
create index consent_fact_agreement on consent_fact (agreement_id) where by_agreement;

-- What holds of it now, one row for a party and a purpose.
create table consent (
    bucket smallint not null,
    party_id uuid not null,
    purpose text not null,
    given boolean not null,
    said_at timestamptz not null,
    expires_at timestamptz,
    fact_id uuid not null,
    ahead tstzmultirange not null default '{}', -- when agreements give it that begin later
    primary key (bucket, party_id, purpose)
);

-- When a consent holds that an agreement gives from later on: from its beginning to its end, unless it was withdrawn or refused
-- since it was written. Empty for anything else.
create function consent_ahead(p_fact consent_fact) returns tstzrange
    language sql stable as $$
    select case when (p_fact).given and (p_fact).by_agreement and (p_fact).said_at > (p_fact).recorded_at
            and coalesce(least((p_fact).expires_at, min(w.said_at)), 'infinity') > (p_fact).said_at
        then tstzrange((p_fact).said_at, least((p_fact).expires_at, min(w.said_at))) else 'empty'::tstzrange end
    from consent_fact w where w.bucket = (p_fact).bucket and w.party_id = (p_fact).party_id and w.purpose = (p_fact).purpose
        and not w.given and w.said_at >= (p_fact).recorded_at
        -- What an agreement says no more ends that agreement's consent alone; that has no evidence of its own.
        and (not w.by_agreement or w.evidence is not null) and w.agreement_id is distinct from (p_fact).agreement_id
$$;

-- What agreements give of a purpose from later on, kept with what holds now, so that one look-up tells both.
create function keep_consents_ahead(p_bucket smallint, p_party uuid, p_purpose text) returns void
    language sql as $$
    update consent set ahead = coalesce((
        select range_agg(consent_ahead(f)) from (
            select distinct on (l.agreement_id) l.* from consent_fact l
            where l.bucket = p_bucket and l.party_id = p_party and l.purpose = p_purpose and l.by_agreement
            order by l.agreement_id, l.recorded_at desc, l.id desc
        ) as newest, lateral (select g from consent_fact g where g.bucket = newest.bucket and g.id = newest.id) as each(f)
    ), '{}')
    where (bucket, party_id, purpose) = (p_bucket, p_party, p_purpose)
$$;

-- What was said last holds, whenever it was recorded; of two things said at once the withdrawal does. What an agreement gives
-- from later on holds from then.
create function resolve_consent(p_fact consent_fact) returns void
    language sql as $$
    insert into consent values (
        (p_fact).bucket, (p_fact).party_id, (p_fact).purpose, (p_fact).given and (p_fact).said_at <= (p_fact).recorded_at,
        case when (p_fact).said_at <= (p_fact).recorded_at then (p_fact).said_at else '-infinity' end,
        case when (p_fact).said_at <= (p_fact).recorded_at then (p_fact).expires_at end, (p_fact).id
    )
    on conflict (bucket, party_id, purpose) do update
        set given = excluded.given, said_at = excluded.said_at, expires_at = excluded.expires_at, fact_id = excluded.fact_id
        where (consent.said_at, not consent.given) <= (excluded.said_at, not excluded.given);
    select keep_consents_ahead((p_fact).bucket, (p_fact).party_id, (p_fact).purpose)
$$;

-- A consent that rested on an agreement rests on another one that still gives it, or is no more. It is locked first: of two
-- agreements that end at once, the later one must not find the other standing.
create function end_consent(p_fact consent_fact) returns void
    language plpgsql as $$
declare
    v_now consent%rowtype;
    v_other consent_fact%rowtype;
begin
    select c.* into v_now from consent c
        where (c.bucket, c.party_id, c.purpose) = (p_fact.bucket, p_fact.party_id, p_fact.purpose) for update;
    if not v_now.given or not exists (
        select from consent_fact f where f.bucket = v_now.bucket and f.id = v_now.fact_id and f.by_agreement
            and f.agreement_id = p_fact.agreement_id
    ) then
        return;
    end if;
    select o.* into v_other from (
        select distinct on (f.agreement_id) f.* from consent_fact f
        where f.bucket = p_fact.bucket and f.party_id = p_fact.party_id and f.purpose = p_fact.purpose and f.by_agreement
            and f.agreement_id <> p_fact.agreement_id
        order by f.agreement_id, f.recorded_at desc, f.id desc
    ) o where o.given and o.said_at <= p_fact.said_at and coalesce(o.expires_at, 'infinity') > p_fact.said_at and not exists (
        select from consent_fact w where w.bucket = o.bucket and w.party_id = o.party_id and w.purpose = o.purpose
            and not w.given and not w.by_agreement and w.said_at >= o.said_at
    ) order by o.said_at desc, o.id desc limit 1;
    update consent set given = v_other.id is not null, said_at = coalesce(v_other.said_at, p_fact.said_at),
        expires_at = v_other.expires_at, fact_id = coalesce(v_other.id, p_fact.id)
        where (bucket, party_id, purpose) = (p_fact.bucket, p_fact.party_id, p_fact.purpose);
end $$;

-- An agreement that goes on, under other words or for another time, renews a consent that rests on it. It says nothing new:
-- what was withdrawn by word of mouth meanwhile stays withdrawn.
create function renew_consent(p_fact consent_fact) returns void
    language sql as $$
    update consent c set given = true, said_at = (p_fact).said_at, expires_at = (p_fact).expires_at, fact_id = (p_fact).id
        where (c.bucket, c.party_id, c.purpose) = ((p_fact).bucket, (p_fact).party_id, (p_fact).purpose) and exists (
            select from consent_fact f where f.bucket = c.bucket and f.id = c.fact_id and f.by_agreement
                and f.agreement_id = (p_fact).agreement_id
        )
$$;

-- Whether what bears a status and a period is in force at a moment; one without a status is.
create function is_in_force(status text, starts_at timestamptz, ends_at timestamptz, at timestamptz) returns boolean
    language sql immutable parallel safe as $$
    select coalesce(translate(lower(status), ' _-', '') in ('active', 'approved', 'inforce', 'signed', 'agreed'), true)
        and coalesce(starts_at, '-infinity') <= at and coalesce(ends_at, 'infinity') > at
$$;

-- What an agreement about privacy (TMF644) says at a moment: whether its parties give each purpose that it or a profile of
-- it names. It says nothing while it is not in force. A purpose is given where every characteristic that names it is
-- allowed; any word but those below refuses it, for consent is not guessed.
create function agreement_consents(p_agreement uuid, p_at timestamptz) returns table (
    party_id uuid, purpose text, given boolean, starts_at timestamptz, expires_at timestamptz, document_version text,
    evidence text
) language plpgsql stable as $$
#variable_conflict use_column
begin
    return query with agreement as (
        select doc, version, instant_or_null(doc #>> '{agreementPeriod,startDateTime}') as starts_at,
            instant_or_null(doc #>> '{agreementPeriod,endDateTime}') as ends_at
        from party_privacy_agreement where bucket = bucket_of(p_agreement) and id = p_agreement
    ), standing as (
        select * from agreement a where is_in_force(a.doc ->> 'status', a.starts_at, a.ends_at, p_at)
    ), profile as (
        select p.doc, instant_or_null(p.doc #>> '{validFor,startDateTime}') as starts_at,
            instant_or_null(p.doc #>> '{validFor,endDateTime}') as ends_at
        from link l join party_privacy_profile p on p.bucket = bucket_of(l.target_id) and p.id = l.target_id
        where l.bucket = bucket_of(p_agreement) and l.source_id = p_agreement and l.attribute = 'partyPrivacyProfile'
    ), entry as (
        select e, s.ends_at from standing s, jsonb_path_query(s.doc, '$.partyPrivacyProfileCharacteristic[*]') as e
        union all
        select e, p.ends_at from standing, profile p, jsonb_path_query(p.doc, '$.partyPrivacyProfileCharacteristic[*]') as e
        where is_in_force(p.doc ->> 'status', p.starts_at, p.ends_at, p_at)
    ), said as (
        select lower(e ->> 'privacyUsagePurpose') as purpose, min(ends_at) as ends_at, bool_and(coalesce(
            translate(lower(e #>> '{characterisitc,value}'), ' _-', '') in
            ('true', 'yes', 'allowed', 'permitted', 'authorized', 'granted', 'given', 'agreed', 'accepted', 'optin'), false
        )) as given
        from entry where e ->> 'privacyUsagePurpose' ~ '^[A-Za-z0-9._-]{1,100}$' group by 1
    ), party as (
        select distinct case when l.target_kind in ('individual', 'organization') then l.target_id else r.target_id end as id
        from link l left join link r
            on r.bucket = bucket_of(l.target_id) and r.source_id = l.target_id and r.attribute = 'engagedParty'
        where l.bucket = bucket_of(p_agreement) and l.source_id = p_agreement and l.attribute = 'engagedParty'
    )
    select party.id, said.purpose, said.given, standing.starts_at,
        case when said.given then least(standing.ends_at, said.ends_at) end, left(standing.doc ->> 'version', 1000),
        'privacy agreement, version ' || standing.version || ' of its record'
    from standing, said, party
    where exists (select from individual i where i.bucket = bucket_of(party.id) and i.id = party.id)
        or exists (select from organization o where o.bucket = bucket_of(party.id) and o.id = party.id);
end $$;

-- Keep what an agreement says since a change, where that is news. What it said before and says no more has ended: then
-- another agreement that still gives the purpose holds, and without one nothing does. Where only the role has moved whose
-- agreement it is, it gives whoever plays the role now nothing: they were not asked.
create function keep_agreement_consents(p_agreement uuid, p_change uuid, p_moved boolean) returns void
    language plpgsql as $$
declare
    v_change change%rowtype;
    v_begins timestamptz;
    v_news record;
    v_fact consent_fact%rowtype;
begin
    select * into v_change from change where bucket = bucket_of(p_change) and id = p_change;
    -- One that begins later is asked what it says then.
    select greatest(v_change.at, instant_or_null(doc #>> '{agreementPeriod,startDateTime}')) into v_begins
        from party_privacy_agreement where bucket = bucket_of(p_agreement) and id = p_agreement;
    v_begins := coalesce(v_begins, v_change.at);
    for v_news in
        select coalesce(n.party_id, b.party_id) as party_id, coalesce(n.purpose, b.purpose) as purpose,
            coalesce(n.given, false) as given, n.party_id is null as ended, b.party_id is not null as known, n.expires_at, n.document_version, n.evidence,
            case when n.given and v_begins > v_change.at then v_begins
                when b.party_id is null then least(n.starts_at, v_change.at) else v_change.at end as said_at,
            b.id as before_id
        from agreement_consents(p_agreement, v_begins) n
        full join (
            select distinct on (f.party_id, f.purpose) f.* from consent_fact f
            where f.agreement_id = p_agreement and f.by_agreement order by f.party_id, f.purpose, f.recorded_at desc, f.id desc
        ) b on b.party_id = n.party_id and b.purpose = n.purpose
        where case when n.party_id is null then b.given when p_moved then false when b.party_id is null then true
            else (n.given, n.expires_at, n.document_version) is distinct from (b.given, b.expires_at, b.document_version)
                or n.given and v_begins > v_change.at and b.said_at <> v_begins
                or n.given and v_begins = v_change.at and b.said_at > v_change.at end
        order by 1, 2
    loop
        insert into consent_fact values (
            bucket_of(v_news.party_id), gen_random_uuid(), v_news.party_id, v_news.purpose, v_news.given, v_news.said_at,
            v_news.expires_at, v_news.document_version, v_news.evidence, p_agreement, v_change.at, v_change.client_id,
            v_change.person, true
        ) returning * into v_fact;
        if v_news.ended or (v_news.known and v_news.said_at > v_change.at) then
            v_fact.said_at := v_change.at;
            perform end_consent(v_fact);
        elsif v_news.given and v_news.known and not exists (
            select from consent_fact f where f.bucket = v_fact.bucket and f.id = v_news.before_id
                and not isempty(consent_ahead(f)) and coalesce(upper(consent_ahead(f)), 'infinity') > v_change.at
        ) then
            perform renew_consent(v_fact);
        else
            perform resolve_consent(v_fact);
        end if;
        perform keep_consents_ahead(v_fact.bucket, v_fact.party_id, v_fact.purpose);
    end loop;
end $$;

create function consents_of_agreements() returns trigger
    language plpgsql as $$
begin
    if new.kind = 'party_privacy_agreement' then
        perform keep_agreement_consents(new.record_id, new.change_id, false);
    elsif new.kind in ('customer', 'party_role') then
        -- It may have moved to another party, and then takes its agreements from the one before.
        perform keep_agreement_consents(l.source_id, new.change_id, true) from link l
            where l.bucket = bucket_of(new.record_id) and l.target_id = new.record_id
                and l.source_kind = 'party_privacy_agreement' and l.attribute = 'engagedParty';
    else
        perform keep_agreement_consents(l.source_id, new.change_id, false) from link l
            where l.bucket = bucket_of(new.record_id) and l.target_id = new.record_id
                and l.source_kind = 'party_privacy_agreement' and l.attribute = 'partyPrivacyProfile';
    end if;
    return null;
end $$;

-- Whatever door an agreement came through, its consents are kept in the same transaction, when all else is written.
create constraint trigger change_record_consents after insert on change_record deferrable initially deferred
    for each row when (
        new.kind in ('party_privacy_agreement', 'party_privacy_profile')
        or new.kind in ('customer', 'party_role') and new.operation = 'modify')
    execute function consents_of_agreements();

-- Downloads: what was asked for, what became of it, and the proof of what its file was.
create table download (
    id uuid primary key,
    client_id text not null,
    person text,                            -- who asked through the client, if a person did
    purpose text not null,
    request_id text not null,
    kind text not null,
    wish text not null,                     -- JSON: filter, fields, format
    status text not null,                   -- access/downloads/life.py says which lead to which
    preview text not null,                  -- JSON: how many records, and which attributes with their classes
    reasons text[] not null,                -- why somebody must approve; none where nobody needs to
    approved text[] not null default '{}',  -- the reasons for which somebody did
    requested_at timestamptz not null,
    decided_by text,
    decided_at timestamptz,
    said text,                              -- by who decided
    attempt integer not null default 0,     -- counts how often its file was begun
    leased_until timestamptz,               -- until when the server that makes the file is thought to be alive
    failure text,                           -- the code of what kept it from being made
    granted bytea,                          -- SHA-256 of the grants by which it was made
    taken_at timestamptz,                   -- the moment of the inventory that it shows
    position bigint,                        -- and that moment's place in the feed
    ready_at timestamptz,
    expires_at timestamptz,
    number bigint,                          -- of records
    size bigint,                            -- in bytes
    sha256 text,
    columns text[],                         -- of a table
    smallest_class bigint,                  -- of an anonymised file: how many rows are alike at least
    left_out bigint,                        -- and how many rows are not in it, because they were like too few
    mark_key bytea not null,                -- by which its records are marked
    link_hash bytea,                        -- SHA-256 of the token of its link
    link_until timestamptz,
    touched text[]                          -- the attributes that it shows or is filtered by; null: any
);
create index download_status on download (status, requested_at);
create index download_client on download (client_id, requested_at);

-- The records in the file of a download, for as long as there is one: an erasure finds it by them.
create table download_part (
    download_id uuid not null references download on delete cascade,
    number integer not null,
    record_ids uuid[] not null,
    primary key (download_id, number)
);
create index download_part_record on download_part using gin (record_ids);

-- The keys of the pseudonyms in downloads for a purpose.
create table pseudonym_key (
    purpose text not null,
    key bytea not null,                     -- of a retired one nothing
    at timestamptz not null,
    id text primary key default gen_random_uuid()::text,
    algorithm text not null default 'HS256',
    retired_at timestamptz
);
create unique index pseudonym_key_purpose on pseudonym_key (purpose) where retired_at is null;

create table import_run (
    id uuid primary key,
    file_name text not null,
    source text not null,
    started_by text not null,
    started_at timestamptz not null,
    finished_at timestamptz,
    rows_read bigint not null default 0,
    accepted bigint not null default 0,
    rejected bigint not null default 0,
    created bigint not null default 0,
    updated bigint not null default 0,
    unchanged bigint not null default 0,
    status text not null check (status in ('running', 'finished', 'failed')),
    directory text                          -- where the file lay: two files of one name may be of two systems
);

-- ---------------------------------------------------------------- register: information requirements

-- Every version of every requirement that was drafted, proposed or decided here; version 0 of each is shipped with the
-- product. Of the approved ones, the one that became effective last governs; change = 'retire' ends the requirement.
create table requirement_version (
    id text not null,                       -- resource and attribute, such as individual.birthDate
    version integer not null check (version > 0),
    base integer not null,                  -- the version that governed when this one was proposed; -1: there was none
    resource text not null,
    change text not null check (change in ('create', 'modify', 'retire')),
    document jsonb not null,                -- what is asked (requirements/requirement.py)
    status text not null check (status in ('draft', 'proposed', 'approved', 'rejected', 'withdrawn')),
    reason text not null,
    proposed_by text not null,
    proposed_at timestamptz not null,
    decided_by text,
    decided_at timestamptz,
    decision text,
    effective_from timestamptz,
    primary key (id, version),
    constraint decided_by_another check (status not in ('approved', 'rejected') or decided_by <> proposed_by),
    constraint approved_from_a_moment check ((status = 'approved') = (effective_from is not null))
);

-- Moves at every change of the catalogue: by it each server sees within a moment that it must read anew. One row.
create table catalogue_stamp (
    only_one boolean primary key default true check (only_one),
    number bigint not null
);
insert into catalogue_stamp (number) values (0);

-- ---------------------------------------------------------------- register: the hub

-- Who listens to what, and how far in the feed it has been told. The cursor is the last entry that was delivered or
-- queued. A server that delivers holds the lease; it runs out by itself when the server is gone.
create table subscription (
    id uuid primary key,
    client_id text not null references client on delete cascade,
    purpose text not null,
    api text not null,                      -- number of the API at which it was made, such as TMF629
    api_version text not null,
    topic text,                             -- of TMF688; null: the resources of the API
    callback text not null,
    query text not null,
    type text not null,                     -- the @type that the client gave
    fingerprint bytea not null unique,      -- SHA-256 of what must not be subscribed to twice
    secret text not null,                   -- signs deliveries (Standard Webhooks), so it is kept as it is
    status text not null check (status in ('active', 'disabled')),
    reason text,                            -- why it is disabled
    created_at timestamptz not null,
    position bigint not null,
    bucket smallint not null,
    record_id uuid not null,
    version bigint not null,
    lease_owner uuid,
    lease_until timestamptz
);
create index subscription_client on subscription (client_id);

-- What could not be delivered yet, and what waits behind it: references into the feed, never content. One row a record
-- version; `sent` says how many of its events have arrived.
create table delivery (
    subscription_id uuid not null references subscription on delete cascade,
    position bigint not null,
    bucket smallint not null,
    record_id uuid not null,
    version bigint not null,
    kind text not null,
    operation text not null,
    change_id uuid not null,
    status text not null check (status in ('waiting', 'dead')),
    sent smallint not null,
    event_type text,                        -- the event that was tried last; null: none yet, another one is before it
    attempts integer not null,
    queued_at timestamptz not null,
    next_at timestamptz not null,
    outcome text,                           -- of the last attempt: a status code, or why there was none
    primary key (subscription_id, status, record_id, version)
);

-- Groups of events that clients named (TMF688). The topics of every resource are there without being kept.
create table topic (
    id uuid primary key,
    client_id text not null,                -- who made it
    created_at timestamptz not null,
    document text not null                  -- JSON as it came, without its id
);

-- Events that other systems sent to our listeners, by their own event id: sent twice is kept once.
create table received_event (
    bucket smallint not null,
    source text not null,                   -- the client that sent it
    event_id text not null,
    id uuid not null,
    api text not null,
    api_version text not null,
    event_type text not null,
    received_at timestamptz not null,
    body text not null,                     -- JSON as it came: jsonb knows neither NUL characters nor lone surrogates
    status text,                            -- acceptable or quarantined; null from before events were judged
    breaches jsonb not null default '[]',   -- what the record that it carries does not meet; no values
    primary key (bucket, source, event_id)
);
create index received_event_id on received_event (id);
create index received_event_quarantined on received_event (id) where status = 'quarantined';

-- ---------------------------------------------------------------- register: erasures

-- Who was erased, as record ids, which are random and say nothing of anybody: what comes back with an older backup is
-- found by them and erased again. `rows` tell how much went where, and no values.
create table erasure (
    id uuid primary key,
    begun_at timestamptz not null,
    finished_at timestamptz,                -- null: to be finished before anybody gets in
    client_id text not null,
    person text,
    ground text not null,
    rows jsonb not null default '{}',       -- how many were erased of which table
    removal jsonb                           -- of values alone: which, by which rule; the records stay
);

create table erasure_record (
    erasure_id uuid not null references erasure on delete cascade,
    kind text not null,                     -- of a record, or received_event
    record_id uuid not null,
    primary key (erasure_id, kind, record_id)
);

-- Who must not be erased, by the id of the party, while a dispute or an authority needs it; nor is anything purged in its
-- bucket, where all that belongs to it lies.
create table legal_hold (
    record_id uuid primary key,
    since timestamptz not null,
    client_id text not null,
    person text,
    ground text not null
);

-- What people asked about their data, and until when they are to be answered. After an erasure it tells of nobody.
create table privacy_request (
    id uuid primary key,
    asked_right text not null check (
        asked_right in ('access', 'rectification', 'erasure', 'restriction', 'portability', 'objection')),
    subject_kind text,
    subject_id uuid,                        -- the party; null where nobody was found, and after an erasure
    status text not null
        check (status in ('received', 'verifying', 'inWork', 'done', 'refused', 'withdrawn')),
    received_at timestamptz not null,
    due_at timestamptz not null,
    extended_because text,
    identity text,                          -- how it was made sure that it is the person
    handler text,
    opened_by text not null,
    closed_at timestamptz,
    ground text,
    result text,                            -- what came of it, such as the id of an erasure
    wrong_attributes text[]                 -- what the person says is wrong, such as individual.placeOfBirth
);
create index privacy_request_due on privacy_request (due_at) where closed_at is null;
create index privacy_request_subject on privacy_request (subject_id) where subject_id is not null;

-- Every step of a request, only added to.
create table privacy_request_event (
    request_id uuid not null references privacy_request on delete cascade,
    number integer not null check (number > 0),
    verb text not null,
    status text not null,
    by text not null,
    at timestamptz not null,
    note text,
    primary key (request_id, number)
);

-- Whose records are stored and no more, for the time being (article 18 GDPR); one that ended stays as proof.
create table restriction (
    id uuid primary key,
    party_id uuid,                          -- null after an erasure
    kinds text[] not null,                  -- of which kinds there are records under it, while it lasts
    purposes text[] not null,               -- for which the records may be used all the same
    ground text not null,
    since timestamptz not null,
    until timestamptz,
    restricted_by text not null,
    ended_at timestamptz,
    ended_by text,
    ended_because text
);
create unique index restriction_party on restriction (party_id) where ended_at is null and party_id is not null;

-- The records under each, in their bucket; none are left of one that ended.
create table restricted_record (
    bucket smallint not null,
    record_id uuid not null,
    restriction_id uuid not null references restriction on delete cascade,
    primary key (bucket, record_id, restriction_id)
);
create index restricted_record_restriction on restricted_record (restriction_id);

-- Tables in whose files may stand what was erased, until they are written anew.
create table scrub_due (
    table_name text primary key,
    since timestamptz not null
);

-- ---------------------------------------------------------------- words of SQL that filters and sorts use

-- An RFC 3339 date-time, or a plain date at its midnight in UTC, as an instant. Immutable in truth: the model refuses
-- date-times without a zone, so the session's time zone is never asked; that is what lets it stand in an index.
-- PostgreSQL itself reads offsets below 16 hours only, RFC 3339 has them up to 23:59; nearly all values end in Z.
-- plpgsql: language sql would be set up anew for every value, which takes five times as long.
create function instant(value text) returns timestamptz
    language plpgsql immutable strict parallel safe as $$
begin
    return case
        when right(value, 1) in ('Z', 'z') or length(value) = 10 then value::timestamptz
        else (substring(value from '^(.*)[+-][0-9]{2}:?[0-9]{2}$') || 'Z')::timestamptz
            - (left(substring(value from '[+-][0-9]{2}:?[0-9]{2}$'), 3) || ':' || right(value, 2))::interval
        end;
end $$;

-- The same, or null for what is no such text: below an array may stand a class of the client's own, which may call
-- anything by a word of ours, and one such record must not break a filter for all. It does not call instant():
-- PostgreSQL 17 builds indexes and analyses them with pg_catalog alone in the search path, where it would not be found.
create function instant_or_null(value text) returns timestamptz
    language plpgsql immutable strict parallel safe as $$
begin
    return case
        when value !~ ('^(?!0000)[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])'
            '([Tt ]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]+)?([Zz]|[+-]([01][0-9]|2[0-3]):?[0-5][0-9]))?$')
            then null
        when substr(value, 9, 2)::int
            > extract(day from (left(value, 7) || '-01')::timestamp + interval '1 month' - interval '1 day')
            then null
        when right(value, 1) in ('Z', 'z') or length(value) = 10 then value::timestamptz
        else (substring(value from '^(.*)[+-][0-9]{2}:?[0-9]{2}$') || 'Z')::timestamptz
            - (left(substring(value from '[+-][0-9]{2}:?[0-9]{2}$'), 3) || ':' || right(value, 2))::interval
        end;
end $$;

create function as_number(value text) returns numeric
    language sql immutable strict parallel safe
    return value::numeric;

-- ---------------------------------------------------------------- words of SQL that rules use

-- Check digits, as model/value_tests.py has them; spaces, dots and hyphens do not count. ISO/IEC 7812-1 annex B.
create function has_luhn(value text) returns boolean
    language plpgsql immutable strict parallel safe as $$
declare
    v_digits text := reverse(translate(value, ' .-', ''));
    v_sum int := 0;
    v_digit int;
begin
    if v_digits !~ '^[0-9]{2,40}$' then
        return false;
    end if;
    for place in 1 .. length(v_digits) loop
        v_digit := substr(v_digits, place, 1)::int * (2 - place % 2);
        v_sum := v_sum + v_digit - case when v_digit > 9 then 9 else 0 end;
    end loop;
    return v_sum % 10 = 0;
end $$;

-- ISO/IEC 7064 MOD 97-10 as IBANs carry it (ISO 13616-1): the first four moved behind, letters from 10 to 35.
create function has_mod97(value text) returns boolean
    language plpgsql immutable strict parallel safe as $$
declare
    v_written text := upper(translate(value, ' .-', '') collate "C");
    v_rest int := 0;
    v_letter text;
begin
    if v_written !~ '^[A-Z]{2}[0-9]{2}[A-Z0-9]{4,30}$' then
        return false;
    end if;
    foreach v_letter in array string_to_array(substr(v_written, 5) || left(v_written, 4), null) loop
        v_rest := case when v_letter >= 'A' then v_rest * 100 + ascii(v_letter) - 55
            else v_rest * 10 + v_letter::int end % 97;
    end loop;
    return v_rest = 1;
end $$;

-- A few of many ids: the first ones that come.
create function few_more(kept uuid[], id uuid, most integer) returns uuid[]
    language plpgsql immutable parallel safe as $$
begin
    return case when cardinality(kept) < most then kept || id else kept end;
end $$;

create aggregate few(uuid, integer) (
    sfunc = few_more, stype = uuid[], initcond = '{}', combinefunc = array_cat, parallel = safe
);

-- ---------------------------------------------------------------- contents of attachments

-- The large files that records carry, by the bucket of the record and the SHA-256 of the bytes: the same file twice in
-- one bucket is kept once. `bytes` is null where it lies in the content directory. `kept_at` moves on at every use, so
-- that what is about to be used is never taken for an orphan.
create table content (
    bucket smallint not null,
    sha256 bytea not null check (length(sha256) = 32),
    size bigint not null,
    kept_at timestamptz not null,
    bytes bytea,
    primary key (bucket, sha256)
);
alter table content alter column bytes set storage external; -- a part of it can be read without the rest

-- Which records hold which content, in any of their versions. Nobody gets content by a record that does not hold it.
create table content_use (
    bucket smallint not null,
    sha256 bytea not null,
    record_id uuid not null,
    kind text not null,
    used_at timestamptz not null,
    primary key (bucket, record_id, sha256)
);
create index content_use_by_content on content_use (bucket, sha256);
