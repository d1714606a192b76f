-- Frozen: what inventories of the first version have. Never edited; see 0001_baseline.py.
-- The repository's schema as a fresh inventory gets it. `migrations/` leads an older inventory to the same place;
-- tests/contract/test_migrations.py builds one database from each and compares their catalogues.
--
-- Three stores (docs/explanation/architecture.md):
--   records   one table a kind (individual, organization, customer), all of one shape, with its history beside it
--   journal   append-only facts: change, change_record (the feed), trail
--   register  small governed tables: client, client_grant, person, session, signing_key, idempotency, source_record, import_run
--
-- Made to distribute: every primary and unique key of records and journal contains `bucket`; look-up tables that must
-- be unique over everything (idempotency, source_record) take as bucket a hash of the value they are keyed by; the
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
    operation text not null check (operation in ('create', 'modify', 'delete', 'import')),
    source text,
    reason text,
    request_id text not null,
    primary key (bucket, id)
);

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

-- After a restore: move the origin so that new positions lie above every restored one. Returns the shift.
create function repository_rebase_positions() returns bigint
    language sql volatile
begin atomic
    update feed_origin set shift = greatest(
        shift,
        coalesce((select max(position) from change_record), 0) + 1 - pg_current_xact_id()::text::bigint
    ) returning shift;
end;

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
    primary key (bucket, id)
);

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
    delete from link where bucket in (
        select bucket_of(target_id) from link where bucket = bucket_of(p_source_id) and source_id = p_source_id
        union select bucket_of(p_source_id)
    ) and source_id = p_source_id;
end $$;

-- ---------------------------------------------------------------- register

create table client (
    client_id text primary key,
    name text not null unique,
    secret_hash bytea,                      -- SHA-256 of a 256-bit random secret; null: cannot ask for tokens
    purposes text[] not null check (cardinality(purposes) > 0),
    status text not null check (status in ('active', 'revoked')),
    registered_at timestamptz not null,
    registered_by text not null
);

create table client_grant (
    client_id text not null references client on delete cascade,
    verb text not null,
    kind text not null,                     -- a kind of record, or '*' for every kind there is or will be
    primary key (client_id, verb, kind)
);

create table person (
    id uuid primary key,
    login text not null unique,
    display_name text not null,
    password_hash text not null,            -- argon2id
    role text not null check (role in ('administrator', 'steward', 'auditor')),
    status text not null check (status in ('active', 'disabled')),
    created_at timestamptz not null
);

create table session (
    token_hash bytea primary key,           -- SHA-256 of the cookie
    person_id uuid not null references person on delete cascade,
    created_at timestamptz not null,
    expires_at timestamptz not null
);

create table signing_key (
    id text primary key,
    private_key jsonb not null,             -- JSON Web Key (RFC 7517) for ES256
    created_at timestamptz not null
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
    status text not null check (status in ('running', 'finished', 'failed'))
);

-- ---------------------------------------------------------------- words of SQL that filters and sorts use

-- An RFC 3339 date-time, or a plain date at its midnight in UTC, as an instant. Immutable in truth: the model refuses
-- date-times without a zone, so the session's time zone is never asked; that is what lets it stand in an index.
-- PostgreSQL itself reads offsets below 16 hours only, RFC 3339 has them up to 23:59; nearly all values end in Z.
create function instant(value text) returns timestamptz
    language sql immutable strict parallel safe
    return case
        when right(value, 1) in ('Z', 'z') or length(value) = 10 then value::timestamptz
        else (substring(value from '^(.*)[+-][0-9]{2}:?[0-9]{2}$') || 'Z')::timestamptz
            - (left(substring(value from '[+-][0-9]{2}:?[0-9]{2}$'), 3) || ':' || right(value, 2))::interval
        end;

-- The same, or null for what is no such text: below an array may stand a class of the client's own, which may call
-- anything by a word of ours, and one such record must not break a filter for all.
create function instant_or_null(value text) returns timestamptz
    language sql immutable strict parallel safe
    return case
        when value !~ ('^(?!0000)[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])'
            '([Tt ]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]+)?([Zz]|[+-]([01][0-9]|2[0-3]):?[0-5][0-9]))?$')
            then null
        when substr(value, 9, 2)::int
            > extract(day from (left(value, 7) || '-01')::timestamp + interval '1 month' - interval '1 day')
            then null
        else instant(value) end;

create function as_number(value text) returns numeric
    language sql immutable strict parallel safe
    return value::numeric;

-- One kind of record: its table, its history and its three write functions, all of one shape. `customer` is replaced by
-- the table's name (repository/kinds.py) because PostgreSQL caches plans for fixed table names only: with EXECUTE a
-- write cost 2.5 times as much.

create table customer (
    bucket smallint not null,
    id uuid not null,
    version bigint not null,
    doc jsonb not null,                     -- the TMF v5 representation without id and href
    terms text[] not null,                  -- "path=value" of every scalar: equality filters (model.terms)
    label text not null,                    -- the display name, folded: search by name
    change_id uuid not null,                -- the change that wrote this version
    position bigint not null,               -- its place in the feed
    created_at timestamptz not null,
    updated_at timestamptz not null,
    primary key (bucket, id)
) with (fillfactor = 90, toast_tuple_target = 8160);

-- Documents stay uncompressed and inline: scans cost a quarter, the table grows 1.9 times (DESIGN 3).
alter table customer alter column doc set storage external;
-- New entries wait in a pending list, whose length each connection bounds for itself (connections.py, bulk.py).
create index customer_terms on customer using gin (terms);
create index customer_label on customer using gin (label gin_trgm_ops);

create table customer_history (
    bucket smallint not null,
    id uuid not null,
    version bigint not null,
    doc jsonb not null,
    terms text[] not null,
    label text not null,
    change_id uuid not null,
    position bigint not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,        -- this version held from here …
    superseded_at timestamptz not null,     -- … until just before here
    superseded_by uuid not null,            -- the change that ended it
    primary key (bucket, id, version)
) with (toast_tuple_target = 8160);
alter table customer_history alter column doc set storage external;

-- Write a new record, its change, links and trail entry in one transaction. Returns what happened: 'done', or with an
-- idempotency key seen before 'replayed' (with the record and version of the first time) or 'reused' (another request).
create function customer_create(
    p_bucket smallint, p_id uuid, p_doc jsonb, p_terms text[], p_label text,
    p_attributes text[], p_targets uuid[], p_kinds text[], p_roles text[], p_strict boolean[],
    p_change uuid, p_at timestamptz, p_client text, p_person text, p_purpose text, p_source text, p_reason text,
    p_request text, p_key_bucket smallint, p_key text, p_fingerprint bytea, p_trail uuid,
    out outcome text, out record_id uuid, out record_version bigint
) language plpgsql as $$
declare
    v_position bigint := feed_position();
begin
    outcome := 'done'; record_id := p_id; record_version := 1;
    if p_key is not null then
        insert into idempotency values (p_key_bucket, p_client, p_key, p_fingerprint, 'customer', p_id, 1, p_at)
            on conflict do nothing;
        if not found then
            select case when i.fingerprint = p_fingerprint then 'replayed' else 'reused' end, i.record_id, i.version
                into outcome, record_id, record_version
                from idempotency i where (i.bucket, i.client_id, i.key) = (p_key_bucket, p_client, p_key);
            return;
        end if;
    end if;
    insert into customer values (p_bucket, p_id, 1, p_doc, p_terms, p_label, p_change, v_position, p_at, p_at);
    insert into change values
        (bucket_of(p_change), p_change, v_position, p_at, p_client, p_person, p_purpose, 'create', p_source, p_reason, p_request);
    insert into change_record values (v_position, p_bucket, p_id, 1, 'customer', 'create', p_change);
    if cardinality(p_attributes) > 0 then
        perform write_links(p_id, 'customer', p_attributes, p_targets, p_kinds, p_roles, p_strict);
    end if;
    insert into trail values
        (bucket_of(p_trail), p_trail, p_at, p_client, p_person, p_purpose, 'create', 'customer', 'done', array[p_id], p_request);
end $$;

-- Replace version `p_expected` of a record (p_doc null: delete it), moving what was to history. Outcomes: 'done',
-- 'unchanged', 'absent', 'stale' (another version is there now), 'referenced' (a strict reference forbids the delete),
-- 'replayed' and 'reused' as above. Raises serialization_failure when a later transaction wrote the record first: the
-- caller tries again, so that a record's versions always carry rising positions and the feed keeps their order.
create function customer_replace(
    p_bucket smallint, p_id uuid, p_expected bigint, p_doc jsonb, p_terms text[], p_label text, p_relink boolean,
    p_attributes text[], p_targets uuid[], p_kinds text[], p_roles text[], p_strict boolean[],
    p_change uuid, p_at timestamptz, p_client text, p_person text, p_purpose text, p_source text, p_reason text,
    p_request text, p_key_bucket smallint, p_key text, p_fingerprint bytea, p_trail uuid,
    out outcome text, out record_id uuid, out record_version bigint
) language plpgsql as $$
declare
    v_old customer%rowtype;
    v_there boolean;
    v_operation text := case when p_doc is null then 'delete' else 'modify' end;
    v_position bigint;
    v_at timestamptz;
begin
    record_id := p_id;
    -- The lock comes before the first write: a transaction gets its id, and so its position, only then.
    select * into v_old from customer where bucket = p_bucket and id = p_id for update;
    v_there := found;
    if p_key is not null then
        select case when i.fingerprint = p_fingerprint then 'replayed' else 'reused' end, i.record_id, i.version
            into outcome, record_id, record_version
            from idempotency i where (i.bucket, i.client_id, i.key) = (p_key_bucket, p_client, p_key);
        if found then
            return;
        end if;
        record_id := p_id;
    end if;
    if not v_there then
        outcome := 'absent';
        return;
    end if;
    record_version := v_old.version;
    if v_old.version <> p_expected then
        outcome := 'stale';
        return;
    end if;
    if p_doc is null and exists (
        select from link where bucket = p_bucket and target_id = p_id and strict and source_id <> p_id
    ) then
        outcome := 'referenced';
        return;
    end if;
    outcome := case when v_old.doc = p_doc then 'unchanged' else 'done' end;
    record_version := case when v_old.doc = p_doc then v_old.version else v_old.version + 1 end;
    if p_key is not null then
        insert into idempotency values
            (p_key_bucket, p_client, p_key, p_fingerprint, 'customer', p_id, record_version, p_at);
    end if;
    insert into trail values
        (bucket_of(p_trail), p_trail, p_at, p_client, p_person, p_purpose, v_operation, 'customer', outcome, array[p_id], p_request);
    if outcome = 'unchanged' then
        return;
    end if;
    v_position := feed_position();
    if v_old.position > v_position then
        raise serialization_failure using message = 'a later transaction wrote this record first';
    end if;
    -- Clocks of several servers may differ; a version's period must not be empty or negative.
    v_at := greatest(p_at, v_old.updated_at + interval '1 microsecond');
    insert into customer_history values
        (v_old.bucket, v_old.id, v_old.version, v_old.doc, v_old.terms, v_old.label, v_old.change_id, v_old.position,
         v_old.created_at, v_old.updated_at, v_at, p_change);
    if p_doc is null then
        delete from customer where bucket = p_bucket and id = p_id;
    else
        update customer set version = record_version, doc = p_doc, terms = p_terms, label = p_label, change_id = p_change,
            position = v_position, updated_at = v_at
            where bucket = p_bucket and id = p_id;
    end if;
    if p_relink then
        perform drop_links(p_id);
        if cardinality(p_attributes) > 0 then
            perform write_links(p_id, 'customer', p_attributes, p_targets, p_kinds, p_roles, p_strict);
        end if;
    end if;
    insert into change values
        (bucket_of(p_change), p_change, v_position, v_at, p_client, p_person, p_purpose, v_operation, p_source, p_reason, p_request);
    insert into change_record values (v_position, p_bucket, p_id, record_version, 'customer', v_operation, p_change);
end $$;

create index customer_by_name on customer ((coalesce(doc ->> 'name', '') collate "C"), bucket, id);
create index customer_by_status on customer ((coalesce(doc ->> 'status', '') collate "C"), bucket, id);
-- One kind of record: its table, its history and its three write functions, all of one shape. `individual` is replaced by
-- the table's name (repository/kinds.py) because PostgreSQL caches plans for fixed table names only: with EXECUTE a
-- write cost 2.5 times as much.

create table individual (
    bucket smallint not null,
    id uuid not null,
    version bigint not null,
    doc jsonb not null,                     -- the TMF v5 representation without id and href
    terms text[] not null,                  -- "path=value" of every scalar: equality filters (model.terms)
    label text not null,                    -- the display name, folded: search by name
    change_id uuid not null,                -- the change that wrote this version
    position bigint not null,               -- its place in the feed
    created_at timestamptz not null,
    updated_at timestamptz not null,
    primary key (bucket, id)
) with (fillfactor = 90, toast_tuple_target = 8160);

-- Documents stay uncompressed and inline: scans cost a quarter, the table grows 1.9 times (DESIGN 3).
alter table individual alter column doc set storage external;
-- New entries wait in a pending list, whose length each connection bounds for itself (connections.py, bulk.py).
create index individual_terms on individual using gin (terms);
create index individual_label on individual using gin (label gin_trgm_ops);

create table individual_history (
    bucket smallint not null,
    id uuid not null,
    version bigint not null,
    doc jsonb not null,
    terms text[] not null,
    label text not null,
    change_id uuid not null,
    position bigint not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,        -- this version held from here …
    superseded_at timestamptz not null,     -- … until just before here
    superseded_by uuid not null,            -- the change that ended it
    primary key (bucket, id, version)
) with (toast_tuple_target = 8160);
alter table individual_history alter column doc set storage external;

-- Write a new record, its change, links and trail entry in one transaction. Returns what happened: 'done', or with an
-- idempotency key seen before 'replayed' (with the record and version of the first time) or 'reused' (another request).
create function individual_create(
    p_bucket smallint, p_id uuid, p_doc jsonb, p_terms text[], p_label text,
    p_attributes text[], p_targets uuid[], p_kinds text[], p_roles text[], p_strict boolean[],
    p_change uuid, p_at timestamptz, p_client text, p_person text, p_purpose text, p_source text, p_reason text,
    p_request text, p_key_bucket smallint, p_key text, p_fingerprint bytea, p_trail uuid,
    out outcome text, out record_id uuid, out record_version bigint
) language plpgsql as $$
declare
    v_position bigint := feed_position();
begin
    outcome := 'done'; record_id := p_id; record_version := 1;
    if p_key is not null then
        insert into idempotency values (p_key_bucket, p_client, p_key, p_fingerprint, 'individual', p_id, 1, p_at)
            on conflict do nothing;
        if not found then
            select case when i.fingerprint = p_fingerprint then 'replayed' else 'reused' end, i.record_id, i.version
                into outcome, record_id, record_version
                from idempotency i where (i.bucket, i.client_id, i.key) = (p_key_bucket, p_client, p_key);
            return;
        end if;
    end if;
    insert into individual values (p_bucket, p_id, 1, p_doc, p_terms, p_label, p_change, v_position, p_at, p_at);
    insert into change values
        (bucket_of(p_change), p_change, v_position, p_at, p_client, p_person, p_purpose, 'create', p_source, p_reason, p_request);
    insert into change_record values (v_position, p_bucket, p_id, 1, 'individual', 'create', p_change);
    if cardinality(p_attributes) > 0 then
        perform write_links(p_id, 'individual', p_attributes, p_targets, p_kinds, p_roles, p_strict);
    end if;
    insert into trail values
        (bucket_of(p_trail), p_trail, p_at, p_client, p_person, p_purpose, 'create', 'individual', 'done', array[p_id], p_request);
end $$;

-- Replace version `p_expected` of a record (p_doc null: delete it), moving what was to history. Outcomes: 'done',
-- 'unchanged', 'absent', 'stale' (another version is there now), 'referenced' (a strict reference forbids the delete),
-- 'replayed' and 'reused' as above. Raises serialization_failure when a later transaction wrote the record first: the
-- caller tries again, so that a record's versions always carry rising positions and the feed keeps their order.
create function individual_replace(
    p_bucket smallint, p_id uuid, p_expected bigint, p_doc jsonb, p_terms text[], p_label text, p_relink boolean,
    p_attributes text[], p_targets uuid[], p_kinds text[], p_roles text[], p_strict boolean[],
    p_change uuid, p_at timestamptz, p_client text, p_person text, p_purpose text, p_source text, p_reason text,
    p_request text, p_key_bucket smallint, p_key text, p_fingerprint bytea, p_trail uuid,
    out outcome text, out record_id uuid, out record_version bigint
) language plpgsql as $$
declare
    v_old individual%rowtype;
    v_there boolean;
    v_operation text := case when p_doc is null then 'delete' else 'modify' end;
    v_position bigint;
    v_at timestamptz;
begin
    record_id := p_id;
    -- The lock comes before the first write: a transaction gets its id, and so its position, only then.
    select * into v_old from individual where bucket = p_bucket and id = p_id for update;
    v_there := found;
    if p_key is not null then
        select case when i.fingerprint = p_fingerprint then 'replayed' else 'reused' end, i.record_id, i.version
            into outcome, record_id, record_version
            from idempotency i where (i.bucket, i.client_id, i.key) = (p_key_bucket, p_client, p_key);
        if found then
            return;
        end if;
        record_id := p_id;
    end if;
    if not v_there then
        outcome := 'absent';
        return;
    end if;
    record_version := v_old.version;
    if v_old.version <> p_expected then
        outcome := 'stale';
        return;
    end if;
    if p_doc is null and exists (
        select from link where bucket = p_bucket and target_id = p_id and strict and source_id <> p_id
    ) then
        outcome := 'referenced';
        return;
    end if;
    outcome := case when v_old.doc = p_doc then 'unchanged' else 'done' end;
    record_version := case when v_old.doc = p_doc then v_old.version else v_old.version + 1 end;
    if p_key is not null then
        insert into idempotency values
            (p_key_bucket, p_client, p_key, p_fingerprint, 'individual', p_id, record_version, p_at);
    end if;
    insert into trail values
        (bucket_of(p_trail), p_trail, p_at, p_client, p_person, p_purpose, v_operation, 'individual', outcome, array[p_id], p_request);
    if outcome = 'unchanged' then
        return;
    end if;
    v_position := feed_position();
    if v_old.position > v_position then
        raise serialization_failure using message = 'a later transaction wrote this record first';
    end if;
    -- Clocks of several servers may differ; a version's period must not be empty or negative.
    v_at := greatest(p_at, v_old.updated_at + interval '1 microsecond');
    insert into individual_history values
        (v_old.bucket, v_old.id, v_old.version, v_old.doc, v_old.terms, v_old.label, v_old.change_id, v_old.position,
         v_old.created_at, v_old.updated_at, v_at, p_change);
    if p_doc is null then
        delete from individual where bucket = p_bucket and id = p_id;
    else
        update individual set version = record_version, doc = p_doc, terms = p_terms, label = p_label, change_id = p_change,
            position = v_position, updated_at = v_at
            where bucket = p_bucket and id = p_id;
    end if;
    if p_relink then
        perform drop_links(p_id);
        if cardinality(p_attributes) > 0 then
            perform write_links(p_id, 'individual', p_attributes, p_targets, p_kinds, p_roles, p_strict);
        end if;
    end if;
    insert into change values
        (bucket_of(p_change), p_change, v_position, v_at, p_client, p_person, p_purpose, v_operation, p_source, p_reason, p_request);
    insert into change_record values (v_position, p_bucket, p_id, record_version, 'individual', v_operation, p_change);
end $$;

create index individual_by_birthdate on individual (coalesce(instant(doc ->> 'birthDate'), '-infinity'::timestamptz), bucket, id);
create index individual_by_familyname on individual ((coalesce(doc ->> 'familyName', '') collate "C"), bucket, id);
create index individual_by_givenname on individual ((coalesce(doc ->> 'givenName', '') collate "C"), bucket, id);
-- One kind of record: its table, its history and its three write functions, all of one shape. `organization` is replaced by
-- the table's name (repository/kinds.py) because PostgreSQL caches plans for fixed table names only: with EXECUTE a
-- write cost 2.5 times as much.

create table organization (
    bucket smallint not null,
    id uuid not null,
    version bigint not null,
    doc jsonb not null,                     -- the TMF v5 representation without id and href
    terms text[] not null,                  -- "path=value" of every scalar: equality filters (model.terms)
    label text not null,                    -- the display name, folded: search by name
    change_id uuid not null,                -- the change that wrote this version
    position bigint not null,               -- its place in the feed
    created_at timestamptz not null,
    updated_at timestamptz not null,
    primary key (bucket, id)
) with (fillfactor = 90, toast_tuple_target = 8160);

-- Documents stay uncompressed and inline: scans cost a quarter, the table grows 1.9 times (DESIGN 3).
alter table organization alter column doc set storage external;
-- New entries wait in a pending list, whose length each connection bounds for itself (connections.py, bulk.py).
create index organization_terms on organization using gin (terms);
create index organization_label on organization using gin (label gin_trgm_ops);

create table organization_history (
    bucket smallint not null,
    id uuid not null,
    version bigint not null,
    doc jsonb not null,
    terms text[] not null,
    label text not null,
    change_id uuid not null,
    position bigint not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,        -- this version held from here …
    superseded_at timestamptz not null,     -- … until just before here
    superseded_by uuid not null,            -- the change that ended it
    primary key (bucket, id, version)
) with (toast_tuple_target = 8160);
alter table organization_history alter column doc set storage external;

-- Write a new record, its change, links and trail entry in one transaction. Returns what happened: 'done', or with an
-- idempotency key seen before 'replayed' (with the record and version of the first time) or 'reused' (another request).
create function organization_create(
    p_bucket smallint, p_id uuid, p_doc jsonb, p_terms text[], p_label text,
    p_attributes text[], p_targets uuid[], p_kinds text[], p_roles text[], p_strict boolean[],
    p_change uuid, p_at timestamptz, p_client text, p_person text, p_purpose text, p_source text, p_reason text,
    p_request text, p_key_bucket smallint, p_key text, p_fingerprint bytea, p_trail uuid,
    out outcome text, out record_id uuid, out record_version bigint
) language plpgsql as $$
declare
    v_position bigint := feed_position();
begin
    outcome := 'done'; record_id := p_id; record_version := 1;
    if p_key is not null then
        insert into idempotency values (p_key_bucket, p_client, p_key, p_fingerprint, 'organization', p_id, 1, p_at)
            on conflict do nothing;
        if not found then
            select case when i.fingerprint = p_fingerprint then 'replayed' else 'reused' end, i.record_id, i.version
                into outcome, record_id, record_version
                from idempotency i where (i.bucket, i.client_id, i.key) = (p_key_bucket, p_client, p_key);
            return;
        end if;
    end if;
    insert into organization values (p_bucket, p_id, 1, p_doc, p_terms, p_label, p_change, v_position, p_at, p_at);
    insert into change values
        (bucket_of(p_change), p_change, v_position, p_at, p_client, p_person, p_purpose, 'create', p_source, p_reason, p_request);
    insert into change_record values (v_position, p_bucket, p_id, 1, 'organization', 'create', p_change);
    if cardinality(p_attributes) > 0 then
        perform write_links(p_id, 'organization', p_attributes, p_targets, p_kinds, p_roles, p_strict);
    end if;
    insert into trail values
        (bucket_of(p_trail), p_trail, p_at, p_client, p_person, p_purpose, 'create', 'organization', 'done', array[p_id], p_request);
end $$;

-- Replace version `p_expected` of a record (p_doc null: delete it), moving what was to history. Outcomes: 'done',
-- 'unchanged', 'absent', 'stale' (another version is there now), 'referenced' (a strict reference forbids the delete),
-- 'replayed' and 'reused' as above. Raises serialization_failure when a later transaction wrote the record first: the
-- caller tries again, so that a record's versions always carry rising positions and the feed keeps their order.
create function organization_replace(
    p_bucket smallint, p_id uuid, p_expected bigint, p_doc jsonb, p_terms text[], p_label text, p_relink boolean,
    p_attributes text[], p_targets uuid[], p_kinds text[], p_roles text[], p_strict boolean[],
    p_change uuid, p_at timestamptz, p_client text, p_person text, p_purpose text, p_source text, p_reason text,
    p_request text, p_key_bucket smallint, p_key text, p_fingerprint bytea, p_trail uuid,
    out outcome text, out record_id uuid, out record_version bigint
) language plpgsql as $$
declare
    v_old organization%rowtype;
    v_there boolean;
    v_operation text := case when p_doc is null then 'delete' else 'modify' end;
    v_position bigint;
    v_at timestamptz;
begin
    record_id := p_id;
    -- The lock comes before the first write: a transaction gets its id, and so its position, only then.
    select * into v_old from organization where bucket = p_bucket and id = p_id for update;
    v_there := found;
    if p_key is not null then
        select case when i.fingerprint = p_fingerprint then 'replayed' else 'reused' end, i.record_id, i.version
            into outcome, record_id, record_version
            from idempotency i where (i.bucket, i.client_id, i.key) = (p_key_bucket, p_client, p_key);
        if found then
            return;
        end if;
        record_id := p_id;
    end if;
    if not v_there then
        outcome := 'absent';
        return;
    end if;
    record_version := v_old.version;
    if v_old.version <> p_expected then
        outcome := 'stale';
        return;
    end if;
    if p_doc is null and exists (
        select from link where bucket = p_bucket and target_id = p_id and strict and source_id <> p_id
    ) then
        outcome := 'referenced';
        return;
    end if;
    outcome := case when v_old.doc = p_doc then 'unchanged' else 'done' end;
    record_version := case when v_old.doc = p_doc then v_old.version else v_old.version + 1 end;
    if p_key is not null then
        insert into idempotency values
            (p_key_bucket, p_client, p_key, p_fingerprint, 'organization', p_id, record_version, p_at);
    end if;
    insert into trail values
        (bucket_of(p_trail), p_trail, p_at, p_client, p_person, p_purpose, v_operation, 'organization', outcome, array[p_id], p_request);
    if outcome = 'unchanged' then
        return;
    end if;
    v_position := feed_position();
    if v_old.position > v_position then
        raise serialization_failure using message = 'a later transaction wrote this record first';
    end if;
    -- Clocks of several servers may differ; a version's period must not be empty or negative.
    v_at := greatest(p_at, v_old.updated_at + interval '1 microsecond');
    insert into organization_history values
        (v_old.bucket, v_old.id, v_old.version, v_old.doc, v_old.terms, v_old.label, v_old.change_id, v_old.position,
         v_old.created_at, v_old.updated_at, v_at, p_change);
    if p_doc is null then
        delete from organization where bucket = p_bucket and id = p_id;
    else
        update organization set version = record_version, doc = p_doc, terms = p_terms, label = p_label, change_id = p_change,
            position = v_position, updated_at = v_at
            where bucket = p_bucket and id = p_id;
    end if;
    if p_relink then
        perform drop_links(p_id);
        if cardinality(p_attributes) > 0 then
            perform write_links(p_id, 'organization', p_attributes, p_targets, p_kinds, p_roles, p_strict);
        end if;
    end if;
    insert into change values
        (bucket_of(p_change), p_change, v_position, v_at, p_client, p_person, p_purpose, v_operation, p_source, p_reason, p_request);
    insert into change_record values (v_position, p_bucket, p_id, record_version, 'organization', v_operation, p_change);
end $$;

create index organization_by_name on organization ((coalesce(doc ->> 'name', '') collate "C"), bucket, id);
create index organization_by_tradingname on organization ((coalesce(doc ->> 'tradingName', '') collate "C"), bucket, id);