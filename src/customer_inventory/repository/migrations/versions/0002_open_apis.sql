-- Frozen: the step from the first version to the Open APIs complete. Never edited; see 0002_open_apis.py.
--
-- New kinds of record with their tables, indexes and functions; the hub, contents of attachments, what is deleted.
-- Functions that exist keep their parameters, so servers of the first version go on writing while this runs.

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

create table former_link (
    bucket smallint not null,
    target_id uuid not null,
    source_id uuid not null,
    source_kind text not null,
    primary key (bucket, target_id, source_id)
);

create index former_link_source on former_link (source_id);  -- for purging

create or replace function drop_links(p_source_id uuid) returns void
    language plpgsql as $$
begin
    insert into former_link
        select distinct bucket_of(target_id), target_id, source_id, source_kind from link
        where bucket = bucket_of(p_source_id) and source_id = p_source_id
        on conflict do nothing;
    delete from link where bucket in (
        select bucket_of(target_id) from link where bucket = bucket_of(p_source_id) and source_id = p_source_id
        union select bucket_of(p_source_id)
    ) and source_id = p_source_id;
end $$;

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
    primary key (bucket, source, event_id)
);

create index received_event_id on received_event (id);

create table content (
    bucket smallint not null,
    sha256 bytea not null check (length(sha256) = 32),
    size bigint not null,
    kept_at timestamptz not null,
    bytes bytea,
    primary key (bucket, sha256)
);

alter table content alter column bytes set storage external; -- a part of it can be read without the rest

create table content_use (
    bucket smallint not null,
    sha256 bytea not null,
    record_id uuid not null,
    kind text not null,
    used_at timestamptz not null,
    primary key (bucket, record_id, sha256)
);

create index content_use_by_content on content_use (bucket, sha256);

create table agreement (
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

alter table agreement alter column doc set storage external;

create index agreement_terms on agreement using gin (terms);

create index agreement_label on agreement using gin (label gin_trgm_ops);

create table agreement_history (
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

alter table agreement_history alter column doc set storage external;

create function agreement_create(
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
        insert into idempotency values (p_key_bucket, p_client, p_key, p_fingerprint, 'agreement', p_id, 1, p_at)
            on conflict do nothing;
        if not found then
            select case when i.fingerprint = p_fingerprint then 'replayed' else 'reused' end, i.record_id, i.version
                into outcome, record_id, record_version
                from idempotency i where (i.bucket, i.client_id, i.key) = (p_key_bucket, p_client, p_key);
            return;
        end if;
    end if;
    insert into agreement values (p_bucket, p_id, 1, p_doc, p_terms, p_label, p_change, v_position, p_at, p_at);
    insert into change values
        (bucket_of(p_change), p_change, v_position, p_at, p_client, p_person, p_purpose, 'create', p_source, p_reason, p_request);
    insert into change_record values (v_position, p_bucket, p_id, 1, 'agreement', 'create', p_change);
    if cardinality(p_attributes) > 0 then
        perform write_links(p_id, 'agreement', p_attributes, p_targets, p_kinds, p_roles, p_strict);
    end if;
    insert into trail values
        (bucket_of(p_trail), p_trail, p_at, p_client, p_person, p_purpose, 'create', 'agreement', 'done', array[p_id], p_request);
end $$;

create function agreement_write(
    p_bucket smallint, p_id uuid, p_expected bigint, p_doc jsonb, p_terms text[], p_label text, p_relink boolean,
    p_attributes text[], p_targets uuid[], p_kinds text[], p_roles text[], p_strict boolean[],
    p_change uuid, p_at timestamptz,
    out outcome text, out record_version bigint, out feed_operation text, out feed_place bigint, out written_at timestamptz
) language plpgsql as $$
declare
    v_old agreement%rowtype;
    v_gone deleted_record%rowtype;
begin
    feed_operation := case when p_doc is null then 'delete' else 'modify' end;
    -- The lock comes before the first write: a transaction gets its id, and so its position, only then.
    select * into v_old from agreement where bucket = p_bucket and id = p_id for update;
    if found then
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
        if v_old.doc = p_doc then
            outcome := 'unchanged';
            return;
        end if;
    else
        select * into v_gone from deleted_record
            where bucket = p_bucket and kind = 'agreement' and id = p_id and version = p_expected and p_doc is not null for update;
        if not found then
            outcome := 'absent';
            return;
        end if;
        feed_operation := 'create';
    end if;
    outcome := 'done';
    record_version := p_expected + 1;
    feed_place := feed_position();
    if coalesce(v_old.position, v_gone.position) > feed_place then
        raise serialization_failure using message = 'a later transaction wrote this record first';
    end if;
    -- Clocks of several servers may differ; a version's period must not be empty or negative.
    written_at := greatest(p_at, coalesce(v_old.updated_at, v_gone.deleted_at) + interval '1 microsecond');
    if feed_operation = 'create' then
        insert into agreement select h.bucket, h.id, record_version, p_doc, p_terms, p_label, p_change, feed_place,
            h.created_at, written_at
            from agreement_history h where h.bucket = p_bucket and h.id = p_id and h.version = p_expected - 1;
        delete from deleted_record where bucket = p_bucket and kind = 'agreement' and id = p_id;
    else
        insert into agreement_history values
            (v_old.bucket, v_old.id, v_old.version, v_old.doc, v_old.terms, v_old.label, v_old.change_id, v_old.position,
             v_old.created_at, v_old.updated_at, written_at, p_change);
        if feed_operation = 'delete' then
            delete from agreement where bucket = p_bucket and id = p_id;
            insert into deleted_record values
                (p_bucket, 'agreement', p_id, record_version, written_at, feed_place, p_change);
        else
            update agreement set version = record_version, doc = p_doc, terms = p_terms, label = p_label,
                change_id = p_change, position = feed_place, updated_at = written_at
                where bucket = p_bucket and id = p_id;
        end if;
    end if;
    if p_relink then
        perform drop_links(p_id);
        if cardinality(p_attributes) > 0 then
            perform write_links(p_id, 'agreement', p_attributes, p_targets, p_kinds, p_roles, p_strict);
        end if;
    end if;
    insert into change_record values (feed_place, p_bucket, p_id, record_version, 'agreement', feed_operation, p_change);
end $$;

create function agreement_replace(
    p_bucket smallint, p_id uuid, p_expected bigint, p_doc jsonb, p_terms text[], p_label text, p_relink boolean,
    p_attributes text[], p_targets uuid[], p_kinds text[], p_roles text[], p_strict boolean[],
    p_change uuid, p_at timestamptz, p_client text, p_person text, p_purpose text, p_source text, p_reason text,
    p_request text, p_key_bucket smallint, p_key text, p_fingerprint bytea, p_trail uuid,
    p_operation text default null,
    out outcome text, out record_id uuid, out record_version bigint
) language plpgsql as $$
declare
    v_written record;
begin
    if p_key is not null then
        -- Who repeats a request waits here for the first one, and then finds its key.
        perform from agreement where bucket = p_bucket and id = p_id for update;
        if not found then
            perform from deleted_record where bucket = p_bucket and kind = 'agreement' and id = p_id for update;
        end if;
        select case when i.fingerprint = p_fingerprint then 'replayed' else 'reused' end, i.record_id, i.version
            into outcome, record_id, record_version
            from idempotency i where (i.bucket, i.client_id, i.key) = (p_key_bucket, p_client, p_key);
        if found then
            return;
        end if;
    end if;
    record_id := p_id;
    v_written := agreement_write(
        p_bucket, p_id, p_expected, p_doc, p_terms, p_label, p_relink, p_attributes, p_targets, p_kinds, p_roles, p_strict,
        p_change, p_at);
    outcome := v_written.outcome;
    record_version := v_written.record_version;
    if outcome not in ('done', 'unchanged') then
        return;
    end if;
    if p_key is not null then
        insert into idempotency values
            (p_key_bucket, p_client, p_key, p_fingerprint, 'agreement', p_id, record_version, p_at);
    end if;
    insert into trail values
        (bucket_of(p_trail), p_trail, p_at, p_client, p_person, p_purpose, v_written.feed_operation, 'agreement', outcome,
         array[p_id], p_request);
    if outcome = 'done' then
        insert into change values
            (bucket_of(p_change), p_change, v_written.feed_place, v_written.written_at, p_client, p_person, p_purpose,
             coalesce(p_operation, v_written.feed_operation), p_source, p_reason, p_request);
    end if;
end $$;

create index agreement_by_agreementtype on agreement ((coalesce(doc ->> 'agreementType', '') collate "C"), bucket, id);

create index agreement_by_name on agreement ((coalesce(doc ->> 'name', '') collate "C"), bucket, id);

create index agreement_by_status on agreement ((coalesce(doc ->> 'status', '') collate "C"), bucket, id);

create table agreement_specification (
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

alter table agreement_specification alter column doc set storage external;

create index agreement_specification_terms on agreement_specification using gin (terms);

create index agreement_specification_label on agreement_specification using gin (label gin_trgm_ops);

create table agreement_specification_history (
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

alter table agreement_specification_history alter column doc set storage external;

create function agreement_specification_create(
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
        insert into idempotency values (p_key_bucket, p_client, p_key, p_fingerprint, 'agreement_specification', p_id, 1, p_at)
            on conflict do nothing;
        if not found then
            select case when i.fingerprint = p_fingerprint then 'replayed' else 'reused' end, i.record_id, i.version
                into outcome, record_id, record_version
                from idempotency i where (i.bucket, i.client_id, i.key) = (p_key_bucket, p_client, p_key);
            return;
        end if;
    end if;
    insert into agreement_specification values (p_bucket, p_id, 1, p_doc, p_terms, p_label, p_change, v_position, p_at, p_at);
    insert into change values
        (bucket_of(p_change), p_change, v_position, p_at, p_client, p_person, p_purpose, 'create', p_source, p_reason, p_request);
    insert into change_record values (v_position, p_bucket, p_id, 1, 'agreement_specification', 'create', p_change);
    if cardinality(p_attributes) > 0 then
        perform write_links(p_id, 'agreement_specification', p_attributes, p_targets, p_kinds, p_roles, p_strict);
    end if;
    insert into trail values
        (bucket_of(p_trail), p_trail, p_at, p_client, p_person, p_purpose, 'create', 'agreement_specification', 'done', array[p_id], p_request);
end $$;

create function agreement_specification_write(
    p_bucket smallint, p_id uuid, p_expected bigint, p_doc jsonb, p_terms text[], p_label text, p_relink boolean,
    p_attributes text[], p_targets uuid[], p_kinds text[], p_roles text[], p_strict boolean[],
    p_change uuid, p_at timestamptz,
    out outcome text, out record_version bigint, out feed_operation text, out feed_place bigint, out written_at timestamptz
) language plpgsql as $$
declare
    v_old agreement_specification%rowtype;
    v_gone deleted_record%rowtype;
begin
    feed_operation := case when p_doc is null then 'delete' else 'modify' end;
    -- The lock comes before the first write: a transaction gets its id, and so its position, only then.
    select * into v_old from agreement_specification where bucket = p_bucket and id = p_id for update;
    if found then
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
        if v_old.doc = p_doc then
            outcome := 'unchanged';
            return;
        end if;
    else
        select * into v_gone from deleted_record
            where bucket = p_bucket and kind = 'agreement_specification' and id = p_id and version = p_expected and p_doc is not null for update;
        if not found then
            outcome := 'absent';
            return;
        end if;
        feed_operation := 'create';
    end if;
    outcome := 'done';
    record_version := p_expected + 1;
    feed_place := feed_position();
    if coalesce(v_old.position, v_gone.position) > feed_place then
        raise serialization_failure using message = 'a later transaction wrote this record first';
    end if;
    -- Clocks of several servers may differ; a version's period must not be empty or negative.
    written_at := greatest(p_at, coalesce(v_old.updated_at, v_gone.deleted_at) + interval '1 microsecond');
    if feed_operation = 'create' then
        insert into agreement_specification select h.bucket, h.id, record_version, p_doc, p_terms, p_label, p_change, feed_place,
            h.created_at, written_at
            from agreement_specification_history h where h.bucket = p_bucket and h.id = p_id and h.version = p_expected - 1;
        delete from deleted_record where bucket = p_bucket and kind = 'agreement_specification' and id = p_id;
    else
        insert into agreement_specification_history values
            (v_old.bucket, v_old.id, v_old.version, v_old.doc, v_old.terms, v_old.label, v_old.change_id, v_old.position,
             v_old.created_at, v_old.updated_at, written_at, p_change);
        if feed_operation = 'delete' then
            delete from agreement_specification where bucket = p_bucket and id = p_id;
            insert into deleted_record values
                (p_bucket, 'agreement_specification', p_id, record_version, written_at, feed_place, p_change);
        else
            update agreement_specification set version = record_version, doc = p_doc, terms = p_terms, label = p_label,
                change_id = p_change, position = feed_place, updated_at = written_at
                where bucket = p_bucket and id = p_id;
        end if;
    end if;
    if p_relink then
        perform drop_links(p_id);
        if cardinality(p_attributes) > 0 then
            perform write_links(p_id, 'agreement_specification', p_attributes, p_targets, p_kinds, p_roles, p_strict);
        end if;
    end if;
    insert into change_record values (feed_place, p_bucket, p_id, record_version, 'agreement_specification', feed_operation, p_change);
end $$;

create function agreement_specification_replace(
    p_bucket smallint, p_id uuid, p_expected bigint, p_doc jsonb, p_terms text[], p_label text, p_relink boolean,
    p_attributes text[], p_targets uuid[], p_kinds text[], p_roles text[], p_strict boolean[],
    p_change uuid, p_at timestamptz, p_client text, p_person text, p_purpose text, p_source text, p_reason text,
    p_request text, p_key_bucket smallint, p_key text, p_fingerprint bytea, p_trail uuid,
    p_operation text default null,
    out outcome text, out record_id uuid, out record_version bigint
) language plpgsql as $$
declare
    v_written record;
begin
    if p_key is not null then
        -- Who repeats a request waits here for the first one, and then finds its key.
        perform from agreement_specification where bucket = p_bucket and id = p_id for update;
        if not found then
            perform from deleted_record where bucket = p_bucket and kind = 'agreement_specification' and id = p_id for update;
        end if;
        select case when i.fingerprint = p_fingerprint then 'replayed' else 'reused' end, i.record_id, i.version
            into outcome, record_id, record_version
            from idempotency i where (i.bucket, i.client_id, i.key) = (p_key_bucket, p_client, p_key);
        if found then
            return;
        end if;
    end if;
    record_id := p_id;
    v_written := agreement_specification_write(
        p_bucket, p_id, p_expected, p_doc, p_terms, p_label, p_relink, p_attributes, p_targets, p_kinds, p_roles, p_strict,
        p_change, p_at);
    outcome := v_written.outcome;
    record_version := v_written.record_version;
    if outcome not in ('done', 'unchanged') then
        return;
    end if;
    if p_key is not null then
        insert into idempotency values
            (p_key_bucket, p_client, p_key, p_fingerprint, 'agreement_specification', p_id, record_version, p_at);
    end if;
    insert into trail values
        (bucket_of(p_trail), p_trail, p_at, p_client, p_person, p_purpose, v_written.feed_operation, 'agreement_specification', outcome,
         array[p_id], p_request);
    if outcome = 'done' then
        insert into change values
            (bucket_of(p_change), p_change, v_written.feed_place, v_written.written_at, p_client, p_person, p_purpose,
             coalesce(p_operation, v_written.feed_operation), p_source, p_reason, p_request);
    end if;
end $$;

create index agreement_specification_by_lifecyclestatus on agreement_specification ((coalesce(doc ->> 'lifecycleStatus', '') collate "C"), bucket, id);

create index agreement_specification_by_name on agreement_specification ((coalesce(doc ->> 'name', '') collate "C"), bucket, id);

create table bill_format (
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

alter table bill_format alter column doc set storage external;

create index bill_format_terms on bill_format using gin (terms);

create index bill_format_label on bill_format using gin (label gin_trgm_ops);

create table bill_format_history (
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

alter table bill_format_history alter column doc set storage external;

create function bill_format_create(
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
        insert into idempotency values (p_key_bucket, p_client, p_key, p_fingerprint, 'bill_format', p_id, 1, p_at)
            on conflict do nothing;
        if not found then
            select case when i.fingerprint = p_fingerprint then 'replayed' else 'reused' end, i.record_id, i.version
                into outcome, record_id, record_version
                from idempotency i where (i.bucket, i.client_id, i.key) = (p_key_bucket, p_client, p_key);
            return;
        end if;
    end if;
    insert into bill_format values (p_bucket, p_id, 1, p_doc, p_terms, p_label, p_change, v_position, p_at, p_at);
    insert into change values
        (bucket_of(p_change), p_change, v_position, p_at, p_client, p_person, p_purpose, 'create', p_source, p_reason, p_request);
    insert into change_record values (v_position, p_bucket, p_id, 1, 'bill_format', 'create', p_change);
    if cardinality(p_attributes) > 0 then
        perform write_links(p_id, 'bill_format', p_attributes, p_targets, p_kinds, p_roles, p_strict);
    end if;
    insert into trail values
        (bucket_of(p_trail), p_trail, p_at, p_client, p_person, p_purpose, 'create', 'bill_format', 'done', array[p_id], p_request);
end $$;

create function bill_format_write(
    p_bucket smallint, p_id uuid, p_expected bigint, p_doc jsonb, p_terms text[], p_label text, p_relink boolean,
    p_attributes text[], p_targets uuid[], p_kinds text[], p_roles text[], p_strict boolean[],
    p_change uuid, p_at timestamptz,
    out outcome text, out record_version bigint, out feed_operation text, out feed_place bigint, out written_at timestamptz
) language plpgsql as $$
declare
    v_old bill_format%rowtype;
    v_gone deleted_record%rowtype;
begin
    feed_operation := case when p_doc is null then 'delete' else 'modify' end;
    -- The lock comes before the first write: a transaction gets its id, and so its position, only then.
    select * into v_old from bill_format where bucket = p_bucket and id = p_id for update;
    if found then
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
        if v_old.doc = p_doc then
            outcome := 'unchanged';
            return;
        end if;
    else
        select * into v_gone from deleted_record
            where bucket = p_bucket and kind = 'bill_format' and id = p_id and version = p_expected and p_doc is not null for update;
        if not found then
            outcome := 'absent';
            return;
        end if;
        feed_operation := 'create';
    end if;
    outcome := 'done';
    record_version := p_expected + 1;
    feed_place := feed_position();
    if coalesce(v_old.position, v_gone.position) > feed_place then
        raise serialization_failure using message = 'a later transaction wrote this record first';
    end if;
    -- Clocks of several servers may differ; a version's period must not be empty or negative.
    written_at := greatest(p_at, coalesce(v_old.updated_at, v_gone.deleted_at) + interval '1 microsecond');
    if feed_operation = 'create' then
        insert into bill_format select h.bucket, h.id, record_version, p_doc, p_terms, p_label, p_change, feed_place,
            h.created_at, written_at
            from bill_format_history h where h.bucket = p_bucket and h.id = p_id and h.version = p_expected - 1;
        delete from deleted_record where bucket = p_bucket and kind = 'bill_format' and id = p_id;
    else
        insert into bill_format_history values
            (v_old.bucket, v_old.id, v_old.version, v_old.doc, v_old.terms, v_old.label, v_old.change_id, v_old.position,
             v_old.created_at, v_old.updated_at, written_at, p_change);
        if feed_operation = 'delete' then
            delete from bill_format where bucket = p_bucket and id = p_id;
            insert into deleted_record values
                (p_bucket, 'bill_format', p_id, record_version, written_at, feed_place, p_change);
        else
            update bill_format set version = record_version, doc = p_doc, terms = p_terms, label = p_label,
                change_id = p_change, position = feed_place, updated_at = written_at
                where bucket = p_bucket and id = p_id;
        end if;
    end if;
    if p_relink then
        perform drop_links(p_id);
        if cardinality(p_attributes) > 0 then
            perform write_links(p_id, 'bill_format', p_attributes, p_targets, p_kinds, p_roles, p_strict);
        end if;
    end if;
    insert into change_record values (feed_place, p_bucket, p_id, record_version, 'bill_format', feed_operation, p_change);
end $$;

create function bill_format_replace(
    p_bucket smallint, p_id uuid, p_expected bigint, p_doc jsonb, p_terms text[], p_label text, p_relink boolean,
    p_attributes text[], p_targets uuid[], p_kinds text[], p_roles text[], p_strict boolean[],
    p_change uuid, p_at timestamptz, p_client text, p_person text, p_purpose text, p_source text, p_reason text,
    p_request text, p_key_bucket smallint, p_key text, p_fingerprint bytea, p_trail uuid,
    p_operation text default null,
    out outcome text, out record_id uuid, out record_version bigint
) language plpgsql as $$
declare
    v_written record;
begin
    if p_key is not null then
        -- Who repeats a request waits here for the first one, and then finds its key.
        perform from bill_format where bucket = p_bucket and id = p_id for update;
        if not found then
            perform from deleted_record where bucket = p_bucket and kind = 'bill_format' and id = p_id for update;
        end if;
        select case when i.fingerprint = p_fingerprint then 'replayed' else 'reused' end, i.record_id, i.version
            into outcome, record_id, record_version
            from idempotency i where (i.bucket, i.client_id, i.key) = (p_key_bucket, p_client, p_key);
        if found then
            return;
        end if;
    end if;
    record_id := p_id;
    v_written := bill_format_write(
        p_bucket, p_id, p_expected, p_doc, p_terms, p_label, p_relink, p_attributes, p_targets, p_kinds, p_roles, p_strict,
        p_change, p_at);
    outcome := v_written.outcome;
    record_version := v_written.record_version;
    if outcome not in ('done', 'unchanged') then
        return;
    end if;
    if p_key is not null then
        insert into idempotency values
            (p_key_bucket, p_client, p_key, p_fingerprint, 'bill_format', p_id, record_version, p_at);
    end if;
    insert into trail values
        (bucket_of(p_trail), p_trail, p_at, p_client, p_person, p_purpose, v_written.feed_operation, 'bill_format', outcome,
         array[p_id], p_request);
    if outcome = 'done' then
        insert into change values
            (bucket_of(p_change), p_change, v_written.feed_place, v_written.written_at, p_client, p_person, p_purpose,
             coalesce(p_operation, v_written.feed_operation), p_source, p_reason, p_request);
    end if;
end $$;

create index bill_format_by_name on bill_format ((coalesce(doc ->> 'name', '') collate "C"), bucket, id);

create table bill_presentation_media (
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

alter table bill_presentation_media alter column doc set storage external;

create index bill_presentation_media_terms on bill_presentation_media using gin (terms);

create index bill_presentation_media_label on bill_presentation_media using gin (label gin_trgm_ops);

create table bill_presentation_media_history (
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

alter table bill_presentation_media_history alter column doc set storage external;

create function bill_presentation_media_create(
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
        insert into idempotency values (p_key_bucket, p_client, p_key, p_fingerprint, 'bill_presentation_media', p_id, 1, p_at)
            on conflict do nothing;
        if not found then
            select case when i.fingerprint = p_fingerprint then 'replayed' else 'reused' end, i.record_id, i.version
                into outcome, record_id, record_version
                from idempotency i where (i.bucket, i.client_id, i.key) = (p_key_bucket, p_client, p_key);
            return;
        end if;
    end if;
    insert into bill_presentation_media values (p_bucket, p_id, 1, p_doc, p_terms, p_label, p_change, v_position, p_at, p_at);
    insert into change values
        (bucket_of(p_change), p_change, v_position, p_at, p_client, p_person, p_purpose, 'create', p_source, p_reason, p_request);
    insert into change_record values (v_position, p_bucket, p_id, 1, 'bill_presentation_media', 'create', p_change);
    if cardinality(p_attributes) > 0 then
        perform write_links(p_id, 'bill_presentation_media', p_attributes, p_targets, p_kinds, p_roles, p_strict);
    end if;
    insert into trail values
        (bucket_of(p_trail), p_trail, p_at, p_client, p_person, p_purpose, 'create', 'bill_presentation_media', 'done', array[p_id], p_request);
end $$;

create function bill_presentation_media_write(
    p_bucket smallint, p_id uuid, p_expected bigint, p_doc jsonb, p_terms text[], p_label text, p_relink boolean,
    p_attributes text[], p_targets uuid[], p_kinds text[], p_roles text[], p_strict boolean[],
    p_change uuid, p_at timestamptz,
    out outcome text, out record_version bigint, out feed_operation text, out feed_place bigint, out written_at timestamptz
) language plpgsql as $$
declare
    v_old bill_presentation_media%rowtype;
    v_gone deleted_record%rowtype;
begin
    feed_operation := case when p_doc is null then 'delete' else 'modify' end;
    -- The lock comes before the first write: a transaction gets its id, and so its position, only then.
    select * into v_old from bill_presentation_media where bucket = p_bucket and id = p_id for update;
    if found then
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
        if v_old.doc = p_doc then
            outcome := 'unchanged';
            return;
        end if;
    else
        select * into v_gone from deleted_record
            where bucket = p_bucket and kind = 'bill_presentation_media' and id = p_id and version = p_expected and p_doc is not null for update;
        if not found then
            outcome := 'absent';
            return;
        end if;
        feed_operation := 'create';
    end if;
    outcome := 'done';
    record_version := p_expected + 1;
    feed_place := feed_position();
    if coalesce(v_old.position, v_gone.position) > feed_place then
        raise serialization_failure using message = 'a later transaction wrote this record first';
    end if;
    -- Clocks of several servers may differ; a version's period must not be empty or negative.
    written_at := greatest(p_at, coalesce(v_old.updated_at, v_gone.deleted_at) + interval '1 microsecond');
    if feed_operation = 'create' then
        insert into bill_presentation_media select h.bucket, h.id, record_version, p_doc, p_terms, p_label, p_change, feed_place,
            h.created_at, written_at
            from bill_presentation_media_history h where h.bucket = p_bucket and h.id = p_id and h.version = p_expected - 1;
        delete from deleted_record where bucket = p_bucket and kind = 'bill_presentation_media' and id = p_id;
    else
        insert into bill_presentation_media_history values
            (v_old.bucket, v_old.id, v_old.version, v_old.doc, v_old.terms, v_old.label, v_old.change_id, v_old.position,
             v_old.created_at, v_old.updated_at, written_at, p_change);
        if feed_operation = 'delete' then
            delete from bill_presentation_media where bucket = p_bucket and id = p_id;
            insert into deleted_record values
                (p_bucket, 'bill_presentation_media', p_id, record_version, written_at, feed_place, p_change);
        else
            update bill_presentation_media set version = record_version, doc = p_doc, terms = p_terms, label = p_label,
                change_id = p_change, position = feed_place, updated_at = written_at
                where bucket = p_bucket and id = p_id;
        end if;
    end if;
    if p_relink then
        perform drop_links(p_id);
        if cardinality(p_attributes) > 0 then
            perform write_links(p_id, 'bill_presentation_media', p_attributes, p_targets, p_kinds, p_roles, p_strict);
        end if;
    end if;
    insert into change_record values (feed_place, p_bucket, p_id, record_version, 'bill_presentation_media', feed_operation, p_change);
end $$;

create function bill_presentation_media_replace(
    p_bucket smallint, p_id uuid, p_expected bigint, p_doc jsonb, p_terms text[], p_label text, p_relink boolean,
    p_attributes text[], p_targets uuid[], p_kinds text[], p_roles text[], p_strict boolean[],
    p_change uuid, p_at timestamptz, p_client text, p_person text, p_purpose text, p_source text, p_reason text,
    p_request text, p_key_bucket smallint, p_key text, p_fingerprint bytea, p_trail uuid,
    p_operation text default null,
    out outcome text, out record_id uuid, out record_version bigint
) language plpgsql as $$
declare
    v_written record;
begin
    if p_key is not null then
        -- Who repeats a request waits here for the first one, and then finds its key.
        perform from bill_presentation_media where bucket = p_bucket and id = p_id for update;
        if not found then
            perform from deleted_record where bucket = p_bucket and kind = 'bill_presentation_media' and id = p_id for update;
        end if;
        select case when i.fingerprint = p_fingerprint then 'replayed' else 'reused' end, i.record_id, i.version
            into outcome, record_id, record_version
            from idempotency i where (i.bucket, i.client_id, i.key) = (p_key_bucket, p_client, p_key);
        if found then
            return;
        end if;
    end if;
    record_id := p_id;
    v_written := bill_presentation_media_write(
        p_bucket, p_id, p_expected, p_doc, p_terms, p_label, p_relink, p_attributes, p_targets, p_kinds, p_roles, p_strict,
        p_change, p_at);
    outcome := v_written.outcome;
    record_version := v_written.record_version;
    if outcome not in ('done', 'unchanged') then
        return;
    end if;
    if p_key is not null then
        insert into idempotency values
            (p_key_bucket, p_client, p_key, p_fingerprint, 'bill_presentation_media', p_id, record_version, p_at);
    end if;
    insert into trail values
        (bucket_of(p_trail), p_trail, p_at, p_client, p_person, p_purpose, v_written.feed_operation, 'bill_presentation_media', outcome,
         array[p_id], p_request);
    if outcome = 'done' then
        insert into change values
            (bucket_of(p_change), p_change, v_written.feed_place, v_written.written_at, p_client, p_person, p_purpose,
             coalesce(p_operation, v_written.feed_operation), p_source, p_reason, p_request);
    end if;
end $$;

create index bill_presentation_media_by_name on bill_presentation_media ((coalesce(doc ->> 'name', '') collate "C"), bucket, id);

create table billing_account (
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

alter table billing_account alter column doc set storage external;

create index billing_account_terms on billing_account using gin (terms);

create index billing_account_label on billing_account using gin (label gin_trgm_ops);

create table billing_account_history (
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

alter table billing_account_history alter column doc set storage external;

create function billing_account_create(
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
        insert into idempotency values (p_key_bucket, p_client, p_key, p_fingerprint, 'billing_account', p_id, 1, p_at)
            on conflict do nothing;
        if not found then
            select case when i.fingerprint = p_fingerprint then 'replayed' else 'reused' end, i.record_id, i.version
                into outcome, record_id, record_version
                from idempotency i where (i.bucket, i.client_id, i.key) = (p_key_bucket, p_client, p_key);
            return;
        end if;
    end if;
    insert into billing_account values (p_bucket, p_id, 1, p_doc, p_terms, p_label, p_change, v_position, p_at, p_at);
    insert into change values
        (bucket_of(p_change), p_change, v_position, p_at, p_client, p_person, p_purpose, 'create', p_source, p_reason, p_request);
    insert into change_record values (v_position, p_bucket, p_id, 1, 'billing_account', 'create', p_change);
    if cardinality(p_attributes) > 0 then
        perform write_links(p_id, 'billing_account', p_attributes, p_targets, p_kinds, p_roles, p_strict);
    end if;
    insert into trail values
        (bucket_of(p_trail), p_trail, p_at, p_client, p_person, p_purpose, 'create', 'billing_account', 'done', array[p_id], p_request);
end $$;

create function billing_account_write(
    p_bucket smallint, p_id uuid, p_expected bigint, p_doc jsonb, p_terms text[], p_label text, p_relink boolean,
    p_attributes text[], p_targets uuid[], p_kinds text[], p_roles text[], p_strict boolean[],
    p_change uuid, p_at timestamptz,
    out outcome text, out record_version bigint, out feed_operation text, out feed_place bigint, out written_at timestamptz
) language plpgsql as $$
declare
    v_old billing_account%rowtype;
    v_gone deleted_record%rowtype;
begin
    feed_operation := case when p_doc is null then 'delete' else 'modify' end;
    -- The lock comes before the first write: a transaction gets its id, and so its position, only then.
    select * into v_old from billing_account where bucket = p_bucket and id = p_id for update;
    if found then
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
        if v_old.doc = p_doc then
            outcome := 'unchanged';
            return;
        end if;
    else
        select * into v_gone from deleted_record
            where bucket = p_bucket and kind = 'billing_account' and id = p_id and version = p_expected and p_doc is not null for update;
        if not found then
            outcome := 'absent';
            return;
        end if;
        feed_operation := 'create';
    end if;
    outcome := 'done';
    record_version := p_expected + 1;
    feed_place := feed_position();
    if coalesce(v_old.position, v_gone.position) > feed_place then
        raise serialization_failure using message = 'a later transaction wrote this record first';
    end if;
    -- Clocks of several servers may differ; a version's period must not be empty or negative.
    written_at := greatest(p_at, coalesce(v_old.updated_at, v_gone.deleted_at) + interval '1 microsecond');
    if feed_operation = 'create' then
        insert into billing_account select h.bucket, h.id, record_version, p_doc, p_terms, p_label, p_change, feed_place,
            h.created_at, written_at
            from billing_account_history h where h.bucket = p_bucket and h.id = p_id and h.version = p_expected - 1;
        delete from deleted_record where bucket = p_bucket and kind = 'billing_account' and id = p_id;
    else
        insert into billing_account_history values
            (v_old.bucket, v_old.id, v_old.version, v_old.doc, v_old.terms, v_old.label, v_old.change_id, v_old.position,
             v_old.created_at, v_old.updated_at, written_at, p_change);
        if feed_operation = 'delete' then
            delete from billing_account where bucket = p_bucket and id = p_id;
            insert into deleted_record values
                (p_bucket, 'billing_account', p_id, record_version, written_at, feed_place, p_change);
        else
            update billing_account set version = record_version, doc = p_doc, terms = p_terms, label = p_label,
                change_id = p_change, position = feed_place, updated_at = written_at
                where bucket = p_bucket and id = p_id;
        end if;
    end if;
    if p_relink then
        perform drop_links(p_id);
        if cardinality(p_attributes) > 0 then
            perform write_links(p_id, 'billing_account', p_attributes, p_targets, p_kinds, p_roles, p_strict);
        end if;
    end if;
    insert into change_record values (feed_place, p_bucket, p_id, record_version, 'billing_account', feed_operation, p_change);
end $$;

create function billing_account_replace(
    p_bucket smallint, p_id uuid, p_expected bigint, p_doc jsonb, p_terms text[], p_label text, p_relink boolean,
    p_attributes text[], p_targets uuid[], p_kinds text[], p_roles text[], p_strict boolean[],
    p_change uuid, p_at timestamptz, p_client text, p_person text, p_purpose text, p_source text, p_reason text,
    p_request text, p_key_bucket smallint, p_key text, p_fingerprint bytea, p_trail uuid,
    p_operation text default null,
    out outcome text, out record_id uuid, out record_version bigint
) language plpgsql as $$
declare
    v_written record;
begin
    if p_key is not null then
        -- Who repeats a request waits here for the first one, and then finds its key.
        perform from billing_account where bucket = p_bucket and id = p_id for update;
        if not found then
            perform from deleted_record where bucket = p_bucket and kind = 'billing_account' and id = p_id for update;
        end if;
        select case when i.fingerprint = p_fingerprint then 'replayed' else 'reused' end, i.record_id, i.version
            into outcome, record_id, record_version
            from idempotency i where (i.bucket, i.client_id, i.key) = (p_key_bucket, p_client, p_key);
        if found then
            return;
        end if;
    end if;
    record_id := p_id;
    v_written := billing_account_write(
        p_bucket, p_id, p_expected, p_doc, p_terms, p_label, p_relink, p_attributes, p_targets, p_kinds, p_roles, p_strict,
        p_change, p_at);
    outcome := v_written.outcome;
    record_version := v_written.record_version;
    if outcome not in ('done', 'unchanged') then
        return;
    end if;
    if p_key is not null then
        insert into idempotency values
            (p_key_bucket, p_client, p_key, p_fingerprint, 'billing_account', p_id, record_version, p_at);
    end if;
    insert into trail values
        (bucket_of(p_trail), p_trail, p_at, p_client, p_person, p_purpose, v_written.feed_operation, 'billing_account', outcome,
         array[p_id], p_request);
    if outcome = 'done' then
        insert into change values
            (bucket_of(p_change), p_change, v_written.feed_place, v_written.written_at, p_client, p_person, p_purpose,
             coalesce(p_operation, v_written.feed_operation), p_source, p_reason, p_request);
    end if;
end $$;

create index billing_account_by_accounttype on billing_account ((coalesce(doc ->> 'accountType', '') collate "C"), bucket, id);

create index billing_account_by_name on billing_account ((coalesce(doc ->> 'name', '') collate "C"), bucket, id);

create index billing_account_by_state on billing_account ((coalesce(doc ->> 'state', '') collate "C"), bucket, id);

create table billing_cycle_specification (
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

alter table billing_cycle_specification alter column doc set storage external;

create index billing_cycle_specification_terms on billing_cycle_specification using gin (terms);

create index billing_cycle_specification_label on billing_cycle_specification using gin (label gin_trgm_ops);

create table billing_cycle_specification_history (
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

alter table billing_cycle_specification_history alter column doc set storage external;

create function billing_cycle_specification_create(
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
        insert into idempotency values (p_key_bucket, p_client, p_key, p_fingerprint, 'billing_cycle_specification', p_id, 1, p_at)
            on conflict do nothing;
        if not found then
            select case when i.fingerprint = p_fingerprint then 'replayed' else 'reused' end, i.record_id, i.version
                into outcome, record_id, record_version
                from idempotency i where (i.bucket, i.client_id, i.key) = (p_key_bucket, p_client, p_key);
            return;
        end if;
    end if;
    insert into billing_cycle_specification values (p_bucket, p_id, 1, p_doc, p_terms, p_label, p_change, v_position, p_at, p_at);
    insert into change values
        (bucket_of(p_change), p_change, v_position, p_at, p_client, p_person, p_purpose, 'create', p_source, p_reason, p_request);
    insert into change_record values (v_position, p_bucket, p_id, 1, 'billing_cycle_specification', 'create', p_change);
    if cardinality(p_attributes) > 0 then
        perform write_links(p_id, 'billing_cycle_specification', p_attributes, p_targets, p_kinds, p_roles, p_strict);
    end if;
    insert into trail values
        (bucket_of(p_trail), p_trail, p_at, p_client, p_person, p_purpose, 'create', 'billing_cycle_specification', 'done', array[p_id], p_request);
end $$;

create function billing_cycle_specification_write(
    p_bucket smallint, p_id uuid, p_expected bigint, p_doc jsonb, p_terms text[], p_label text, p_relink boolean,
    p_attributes text[], p_targets uuid[], p_kinds text[], p_roles text[], p_strict boolean[],
    p_change uuid, p_at timestamptz,
    out outcome text, out record_version bigint, out feed_operation text, out feed_place bigint, out written_at timestamptz
) language plpgsql as $$
declare
    v_old billing_cycle_specification%rowtype;
    v_gone deleted_record%rowtype;
begin
    feed_operation := case when p_doc is null then 'delete' else 'modify' end;
    -- The lock comes before the first write: a transaction gets its id, and so its position, only then.
    select * into v_old from billing_cycle_specification where bucket = p_bucket and id = p_id for update;
    if found then
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
        if v_old.doc = p_doc then
            outcome := 'unchanged';
            return;
        end if;
    else
        select * into v_gone from deleted_record
            where bucket = p_bucket and kind = 'billing_cycle_specification' and id = p_id and version = p_expected and p_doc is not null for update;
        if not found then
            outcome := 'absent';
            return;
        end if;
        feed_operation := 'create';
    end if;
    outcome := 'done';
    record_version := p_expected + 1;
    feed_place := feed_position();
    if coalesce(v_old.position, v_gone.position) > feed_place then
        raise serialization_failure using message = 'a later transaction wrote this record first';
    end if;
    -- Clocks of several servers may differ; a version's period must not be empty or negative.
    written_at := greatest(p_at, coalesce(v_old.updated_at, v_gone.deleted_at) + interval '1 microsecond');
    if feed_operation = 'create' then
        insert into billing_cycle_specification select h.bucket, h.id, record_version, p_doc, p_terms, p_label, p_change, feed_place,
            h.created_at, written_at
            from billing_cycle_specification_history h where h.bucket = p_bucket and h.id = p_id and h.version = p_expected - 1;
        delete from deleted_record where bucket = p_bucket and kind = 'billing_cycle_specification' and id = p_id;
    else
        insert into billing_cycle_specification_history values
            (v_old.bucket, v_old.id, v_old.version, v_old.doc, v_old.terms, v_old.label, v_old.change_id, v_old.position,
             v_old.created_at, v_old.updated_at, written_at, p_change);
        if feed_operation = 'delete' then
            delete from billing_cycle_specification where bucket = p_bucket and id = p_id;
            insert into deleted_record values
                (p_bucket, 'billing_cycle_specification', p_id, record_version, written_at, feed_place, p_change);
        else
            update billing_cycle_specification set version = record_version, doc = p_doc, terms = p_terms, label = p_label,
                change_id = p_change, position = feed_place, updated_at = written_at
                where bucket = p_bucket and id = p_id;
        end if;
    end if;
    if p_relink then
        perform drop_links(p_id);
        if cardinality(p_attributes) > 0 then
            perform write_links(p_id, 'billing_cycle_specification', p_attributes, p_targets, p_kinds, p_roles, p_strict);
        end if;
    end if;
    insert into change_record values (feed_place, p_bucket, p_id, record_version, 'billing_cycle_specification', feed_operation, p_change);
end $$;

create function billing_cycle_specification_replace(
    p_bucket smallint, p_id uuid, p_expected bigint, p_doc jsonb, p_terms text[], p_label text, p_relink boolean,
    p_attributes text[], p_targets uuid[], p_kinds text[], p_roles text[], p_strict boolean[],
    p_change uuid, p_at timestamptz, p_client text, p_person text, p_purpose text, p_source text, p_reason text,
    p_request text, p_key_bucket smallint, p_key text, p_fingerprint bytea, p_trail uuid,
    p_operation text default null,
    out outcome text, out record_id uuid, out record_version bigint
) language plpgsql as $$
declare
    v_written record;
begin
    if p_key is not null then
        -- Who repeats a request waits here for the first one, and then finds its key.
        perform from billing_cycle_specification where bucket = p_bucket and id = p_id for update;
        if not found then
            perform from deleted_record where bucket = p_bucket and kind = 'billing_cycle_specification' and id = p_id for update;
        end if;
        select case when i.fingerprint = p_fingerprint then 'replayed' else 'reused' end, i.record_id, i.version
            into outcome, record_id, record_version
            from idempotency i where (i.bucket, i.client_id, i.key) = (p_key_bucket, p_client, p_key);
        if found then
            return;
        end if;
    end if;
    record_id := p_id;
    v_written := billing_cycle_specification_write(
        p_bucket, p_id, p_expected, p_doc, p_terms, p_label, p_relink, p_attributes, p_targets, p_kinds, p_roles, p_strict,
        p_change, p_at);
    outcome := v_written.outcome;
    record_version := v_written.record_version;
    if outcome not in ('done', 'unchanged') then
        return;
    end if;
    if p_key is not null then
        insert into idempotency values
            (p_key_bucket, p_client, p_key, p_fingerprint, 'billing_cycle_specification', p_id, record_version, p_at);
    end if;
    insert into trail values
        (bucket_of(p_trail), p_trail, p_at, p_client, p_person, p_purpose, v_written.feed_operation, 'billing_cycle_specification', outcome,
         array[p_id], p_request);
    if outcome = 'done' then
        insert into change values
            (bucket_of(p_change), p_change, v_written.feed_place, v_written.written_at, p_client, p_person, p_purpose,
             coalesce(p_operation, v_written.feed_operation), p_source, p_reason, p_request);
    end if;
end $$;

create index billing_cycle_specification_by_name on billing_cycle_specification ((coalesce(doc ->> 'name', '') collate "C"), bucket, id);

create table communication_message (
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

alter table communication_message alter column doc set storage external;

create index communication_message_terms on communication_message using gin (terms);

create index communication_message_label on communication_message using gin (label gin_trgm_ops);

create table communication_message_history (
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

alter table communication_message_history alter column doc set storage external;

create function communication_message_create(
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
        insert into idempotency values (p_key_bucket, p_client, p_key, p_fingerprint, 'communication_message', p_id, 1, p_at)
            on conflict do nothing;
        if not found then
            select case when i.fingerprint = p_fingerprint then 'replayed' else 'reused' end, i.record_id, i.version
                into outcome, record_id, record_version
                from idempotency i where (i.bucket, i.client_id, i.key) = (p_key_bucket, p_client, p_key);
            return;
        end if;
    end if;
    insert into communication_message values (p_bucket, p_id, 1, p_doc, p_terms, p_label, p_change, v_position, p_at, p_at);
    insert into change values
        (bucket_of(p_change), p_change, v_position, p_at, p_client, p_person, p_purpose, 'create', p_source, p_reason, p_request);
    insert into change_record values (v_position, p_bucket, p_id, 1, 'communication_message', 'create', p_change);
    if cardinality(p_attributes) > 0 then
        perform write_links(p_id, 'communication_message', p_attributes, p_targets, p_kinds, p_roles, p_strict);
    end if;
    insert into trail values
        (bucket_of(p_trail), p_trail, p_at, p_client, p_person, p_purpose, 'create', 'communication_message', 'done', array[p_id], p_request);
end $$;

create function communication_message_write(
    p_bucket smallint, p_id uuid, p_expected bigint, p_doc jsonb, p_terms text[], p_label text, p_relink boolean,
    p_attributes text[], p_targets uuid[], p_kinds text[], p_roles text[], p_strict boolean[],
    p_change uuid, p_at timestamptz,
    out outcome text, out record_version bigint, out feed_operation text, out feed_place bigint, out written_at timestamptz
) language plpgsql as $$
declare
    v_old communication_message%rowtype;
    v_gone deleted_record%rowtype;
begin
    feed_operation := case when p_doc is null then 'delete' else 'modify' end;
    -- The lock comes before the first write: a transaction gets its id, and so its position, only then.
    select * into v_old from communication_message where bucket = p_bucket and id = p_id for update;
    if found then
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
        if v_old.doc = p_doc then
            outcome := 'unchanged';
            return;
        end if;
    else
        select * into v_gone from deleted_record
            where bucket = p_bucket and kind = 'communication_message' and id = p_id and version = p_expected and p_doc is not null for update;
        if not found then
            outcome := 'absent';
            return;
        end if;
        feed_operation := 'create';
    end if;
    outcome := 'done';
    record_version := p_expected + 1;
    feed_place := feed_position();
    if coalesce(v_old.position, v_gone.position) > feed_place then
        raise serialization_failure using message = 'a later transaction wrote this record first';
    end if;
    -- Clocks of several servers may differ; a version's period must not be empty or negative.
    written_at := greatest(p_at, coalesce(v_old.updated_at, v_gone.deleted_at) + interval '1 microsecond');
    if feed_operation = 'create' then
        insert into communication_message select h.bucket, h.id, record_version, p_doc, p_terms, p_label, p_change, feed_place,
            h.created_at, written_at
            from communication_message_history h where h.bucket = p_bucket and h.id = p_id and h.version = p_expected - 1;
        delete from deleted_record where bucket = p_bucket and kind = 'communication_message' and id = p_id;
    else
        insert into communication_message_history values
            (v_old.bucket, v_old.id, v_old.version, v_old.doc, v_old.terms, v_old.label, v_old.change_id, v_old.position,
             v_old.created_at, v_old.updated_at, written_at, p_change);
        if feed_operation = 'delete' then
            delete from communication_message where bucket = p_bucket and id = p_id;
            insert into deleted_record values
                (p_bucket, 'communication_message', p_id, record_version, written_at, feed_place, p_change);
        else
            update communication_message set version = record_version, doc = p_doc, terms = p_terms, label = p_label,
                change_id = p_change, position = feed_place, updated_at = written_at
                where bucket = p_bucket and id = p_id;
        end if;
    end if;
    if p_relink then
        perform drop_links(p_id);
        if cardinality(p_attributes) > 0 then
            perform write_links(p_id, 'communication_message', p_attributes, p_targets, p_kinds, p_roles, p_strict);
        end if;
    end if;
    insert into change_record values (feed_place, p_bucket, p_id, record_version, 'communication_message', feed_operation, p_change);
end $$;

create function communication_message_replace(
    p_bucket smallint, p_id uuid, p_expected bigint, p_doc jsonb, p_terms text[], p_label text, p_relink boolean,
    p_attributes text[], p_targets uuid[], p_kinds text[], p_roles text[], p_strict boolean[],
    p_change uuid, p_at timestamptz, p_client text, p_person text, p_purpose text, p_source text, p_reason text,
    p_request text, p_key_bucket smallint, p_key text, p_fingerprint bytea, p_trail uuid,
    p_operation text default null,
    out outcome text, out record_id uuid, out record_version bigint
) language plpgsql as $$
declare
    v_written record;
begin
    if p_key is not null then
        -- Who repeats a request waits here for the first one, and then finds its key.
        perform from communication_message where bucket = p_bucket and id = p_id for update;
        if not found then
            perform from deleted_record where bucket = p_bucket and kind = 'communication_message' and id = p_id for update;
        end if;
        select case when i.fingerprint = p_fingerprint then 'replayed' else 'reused' end, i.record_id, i.version
            into outcome, record_id, record_version
            from idempotency i where (i.bucket, i.client_id, i.key) = (p_key_bucket, p_client, p_key);
        if found then
            return;
        end if;
    end if;
    record_id := p_id;
    v_written := communication_message_write(
        p_bucket, p_id, p_expected, p_doc, p_terms, p_label, p_relink, p_attributes, p_targets, p_kinds, p_roles, p_strict,
        p_change, p_at);
    outcome := v_written.outcome;
    record_version := v_written.record_version;
    if outcome not in ('done', 'unchanged') then
        return;
    end if;
    if p_key is not null then
        insert into idempotency values
            (p_key_bucket, p_client, p_key, p_fingerprint, 'communication_message', p_id, record_version, p_at);
    end if;
    insert into trail values
        (bucket_of(p_trail), p_trail, p_at, p_client, p_person, p_purpose, v_written.feed_operation, 'communication_message', outcome,
         array[p_id], p_request);
    if outcome = 'done' then
        insert into change values
            (bucket_of(p_change), p_change, v_written.feed_place, v_written.written_at, p_client, p_person, p_purpose,
             coalesce(p_operation, v_written.feed_operation), p_source, p_reason, p_request);
    end if;
end $$;

create index communication_message_by_scheduledsendtime on communication_message (coalesce(instant(doc ->> 'scheduledSendTime'), '-infinity'::timestamptz), bucket, id);

create index communication_message_by_sendtime on communication_message (coalesce(instant(doc ->> 'sendTime'), '-infinity'::timestamptz), bucket, id);

create index communication_message_by_subject on communication_message ((coalesce(doc ->> 'subject', '') collate "C"), bucket, id);

create function customer_write(
    p_bucket smallint, p_id uuid, p_expected bigint, p_doc jsonb, p_terms text[], p_label text, p_relink boolean,
    p_attributes text[], p_targets uuid[], p_kinds text[], p_roles text[], p_strict boolean[],
    p_change uuid, p_at timestamptz,
    out outcome text, out record_version bigint, out feed_operation text, out feed_place bigint, out written_at timestamptz
) language plpgsql as $$
declare
    v_old customer%rowtype;
    v_gone deleted_record%rowtype;
begin
    feed_operation := case when p_doc is null then 'delete' else 'modify' end;
    -- The lock comes before the first write: a transaction gets its id, and so its position, only then.
    select * into v_old from customer where bucket = p_bucket and id = p_id for update;
    if found then
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
        if v_old.doc = p_doc then
            outcome := 'unchanged';
            return;
        end if;
    else
        select * into v_gone from deleted_record
            where bucket = p_bucket and kind = 'customer' and id = p_id and version = p_expected and p_doc is not null for update;
        if not found then
            outcome := 'absent';
            return;
        end if;
        feed_operation := 'create';
    end if;
    outcome := 'done';
    record_version := p_expected + 1;
    feed_place := feed_position();
    if coalesce(v_old.position, v_gone.position) > feed_place then
        raise serialization_failure using message = 'a later transaction wrote this record first';
    end if;
    -- Clocks of several servers may differ; a version's period must not be empty or negative.
    written_at := greatest(p_at, coalesce(v_old.updated_at, v_gone.deleted_at) + interval '1 microsecond');
    if feed_operation = 'create' then
        insert into customer select h.bucket, h.id, record_version, p_doc, p_terms, p_label, p_change, feed_place,
            h.created_at, written_at
            from customer_history h where h.bucket = p_bucket and h.id = p_id and h.version = p_expected - 1;
        delete from deleted_record where bucket = p_bucket and kind = 'customer' and id = p_id;
    else
        insert into customer_history values
            (v_old.bucket, v_old.id, v_old.version, v_old.doc, v_old.terms, v_old.label, v_old.change_id, v_old.position,
             v_old.created_at, v_old.updated_at, written_at, p_change);
        if feed_operation = 'delete' then
            delete from customer where bucket = p_bucket and id = p_id;
            insert into deleted_record values
                (p_bucket, 'customer', p_id, record_version, written_at, feed_place, p_change);
        else
            update customer set version = record_version, doc = p_doc, terms = p_terms, label = p_label,
                change_id = p_change, position = feed_place, updated_at = written_at
                where bucket = p_bucket and id = p_id;
        end if;
    end if;
    if p_relink then
        perform drop_links(p_id);
        if cardinality(p_attributes) > 0 then
            perform write_links(p_id, 'customer', p_attributes, p_targets, p_kinds, p_roles, p_strict);
        end if;
    end if;
    insert into change_record values (feed_place, p_bucket, p_id, record_version, 'customer', feed_operation, p_change);
end $$;

-- The parameter that it gains has a default: calls of the first version go on to work.
drop function customer_replace(smallint, uuid, bigint, jsonb, text[], text, boolean, text[], uuid[], text[], text[], boolean[], uuid, timestamptz, text, text, text, text, text, text, smallint, text, bytea, uuid);

create function customer_replace(
    p_bucket smallint, p_id uuid, p_expected bigint, p_doc jsonb, p_terms text[], p_label text, p_relink boolean,
    p_attributes text[], p_targets uuid[], p_kinds text[], p_roles text[], p_strict boolean[],
    p_change uuid, p_at timestamptz, p_client text, p_person text, p_purpose text, p_source text, p_reason text,
    p_request text, p_key_bucket smallint, p_key text, p_fingerprint bytea, p_trail uuid,
    p_operation text default null,
    out outcome text, out record_id uuid, out record_version bigint
) language plpgsql as $$
declare
    v_written record;
begin
    if p_key is not null then
        -- Who repeats a request waits here for the first one, and then finds its key.
        perform from customer where bucket = p_bucket and id = p_id for update;
        if not found then
            perform from deleted_record where bucket = p_bucket and kind = 'customer' and id = p_id for update;
        end if;
        select case when i.fingerprint = p_fingerprint then 'replayed' else 'reused' end, i.record_id, i.version
            into outcome, record_id, record_version
            from idempotency i where (i.bucket, i.client_id, i.key) = (p_key_bucket, p_client, p_key);
        if found then
            return;
        end if;
    end if;
    record_id := p_id;
    v_written := customer_write(
        p_bucket, p_id, p_expected, p_doc, p_terms, p_label, p_relink, p_attributes, p_targets, p_kinds, p_roles, p_strict,
        p_change, p_at);
    outcome := v_written.outcome;
    record_version := v_written.record_version;
    if outcome not in ('done', 'unchanged') then
        return;
    end if;
    if p_key is not null then
        insert into idempotency values
            (p_key_bucket, p_client, p_key, p_fingerprint, 'customer', p_id, record_version, p_at);
    end if;
    insert into trail values
        (bucket_of(p_trail), p_trail, p_at, p_client, p_person, p_purpose, v_written.feed_operation, 'customer', outcome,
         array[p_id], p_request);
    if outcome = 'done' then
        insert into change values
            (bucket_of(p_change), p_change, v_written.feed_place, v_written.written_at, p_client, p_person, p_purpose,
             coalesce(p_operation, v_written.feed_operation), p_source, p_reason, p_request);
    end if;
end $$;

create table document (
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

alter table document alter column doc set storage external;

create index document_terms on document using gin (terms);

create index document_label on document using gin (label gin_trgm_ops);

create table document_history (
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

alter table document_history alter column doc set storage external;

create function document_create(
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
        insert into idempotency values (p_key_bucket, p_client, p_key, p_fingerprint, 'document', p_id, 1, p_at)
            on conflict do nothing;
        if not found then
            select case when i.fingerprint = p_fingerprint then 'replayed' else 'reused' end, i.record_id, i.version
                into outcome, record_id, record_version
                from idempotency i where (i.bucket, i.client_id, i.key) = (p_key_bucket, p_client, p_key);
            return;
        end if;
    end if;
    insert into document values (p_bucket, p_id, 1, p_doc, p_terms, p_label, p_change, v_position, p_at, p_at);
    insert into change values
        (bucket_of(p_change), p_change, v_position, p_at, p_client, p_person, p_purpose, 'create', p_source, p_reason, p_request);
    insert into change_record values (v_position, p_bucket, p_id, 1, 'document', 'create', p_change);
    if cardinality(p_attributes) > 0 then
        perform write_links(p_id, 'document', p_attributes, p_targets, p_kinds, p_roles, p_strict);
    end if;
    insert into trail values
        (bucket_of(p_trail), p_trail, p_at, p_client, p_person, p_purpose, 'create', 'document', 'done', array[p_id], p_request);
end $$;

create function document_write(
    p_bucket smallint, p_id uuid, p_expected bigint, p_doc jsonb, p_terms text[], p_label text, p_relink boolean,
    p_attributes text[], p_targets uuid[], p_kinds text[], p_roles text[], p_strict boolean[],
    p_change uuid, p_at timestamptz,
    out outcome text, out record_version bigint, out feed_operation text, out feed_place bigint, out written_at timestamptz
) language plpgsql as $$
declare
    v_old document%rowtype;
    v_gone deleted_record%rowtype;
begin
    feed_operation := case when p_doc is null then 'delete' else 'modify' end;
    -- The lock comes before the first write: a transaction gets its id, and so its position, only then.
    select * into v_old from document where bucket = p_bucket and id = p_id for update;
    if found then
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
        if v_old.doc = p_doc then
            outcome := 'unchanged';
            return;
        end if;
    else
        select * into v_gone from deleted_record
            where bucket = p_bucket and kind = 'document' and id = p_id and version = p_expected and p_doc is not null for update;
        if not found then
            outcome := 'absent';
            return;
        end if;
        feed_operation := 'create';
    end if;
    outcome := 'done';
    record_version := p_expected + 1;
    feed_place := feed_position();
    if coalesce(v_old.position, v_gone.position) > feed_place then
        raise serialization_failure using message = 'a later transaction wrote this record first';
    end if;
    -- Clocks of several servers may differ; a version's period must not be empty or negative.
    written_at := greatest(p_at, coalesce(v_old.updated_at, v_gone.deleted_at) + interval '1 microsecond');
    if feed_operation = 'create' then
        insert into document select h.bucket, h.id, record_version, p_doc, p_terms, p_label, p_change, feed_place,
            h.created_at, written_at
            from document_history h where h.bucket = p_bucket and h.id = p_id and h.version = p_expected - 1;
        delete from deleted_record where bucket = p_bucket and kind = 'document' and id = p_id;
    else
        insert into document_history values
            (v_old.bucket, v_old.id, v_old.version, v_old.doc, v_old.terms, v_old.label, v_old.change_id, v_old.position,
             v_old.created_at, v_old.updated_at, written_at, p_change);
        if feed_operation = 'delete' then
            delete from document where bucket = p_bucket and id = p_id;
            insert into deleted_record values
                (p_bucket, 'document', p_id, record_version, written_at, feed_place, p_change);
        else
            update document set version = record_version, doc = p_doc, terms = p_terms, label = p_label,
                change_id = p_change, position = feed_place, updated_at = written_at
                where bucket = p_bucket and id = p_id;
        end if;
    end if;
    if p_relink then
        perform drop_links(p_id);
        if cardinality(p_attributes) > 0 then
            perform write_links(p_id, 'document', p_attributes, p_targets, p_kinds, p_roles, p_strict);
        end if;
    end if;
    insert into change_record values (feed_place, p_bucket, p_id, record_version, 'document', feed_operation, p_change);
end $$;

create function document_replace(
    p_bucket smallint, p_id uuid, p_expected bigint, p_doc jsonb, p_terms text[], p_label text, p_relink boolean,
    p_attributes text[], p_targets uuid[], p_kinds text[], p_roles text[], p_strict boolean[],
    p_change uuid, p_at timestamptz, p_client text, p_person text, p_purpose text, p_source text, p_reason text,
    p_request text, p_key_bucket smallint, p_key text, p_fingerprint bytea, p_trail uuid,
    p_operation text default null,
    out outcome text, out record_id uuid, out record_version bigint
) language plpgsql as $$
declare
    v_written record;
begin
    if p_key is not null then
        -- Who repeats a request waits here for the first one, and then finds its key.
        perform from document where bucket = p_bucket and id = p_id for update;
        if not found then
            perform from deleted_record where bucket = p_bucket and kind = 'document' and id = p_id for update;
        end if;
        select case when i.fingerprint = p_fingerprint then 'replayed' else 'reused' end, i.record_id, i.version
            into outcome, record_id, record_version
            from idempotency i where (i.bucket, i.client_id, i.key) = (p_key_bucket, p_client, p_key);
        if found then
            return;
        end if;
    end if;
    record_id := p_id;
    v_written := document_write(
        p_bucket, p_id, p_expected, p_doc, p_terms, p_label, p_relink, p_attributes, p_targets, p_kinds, p_roles, p_strict,
        p_change, p_at);
    outcome := v_written.outcome;
    record_version := v_written.record_version;
    if outcome not in ('done', 'unchanged') then
        return;
    end if;
    if p_key is not null then
        insert into idempotency values
            (p_key_bucket, p_client, p_key, p_fingerprint, 'document', p_id, record_version, p_at);
    end if;
    insert into trail values
        (bucket_of(p_trail), p_trail, p_at, p_client, p_person, p_purpose, v_written.feed_operation, 'document', outcome,
         array[p_id], p_request);
    if outcome = 'done' then
        insert into change values
            (bucket_of(p_change), p_change, v_written.feed_place, v_written.written_at, p_client, p_person, p_purpose,
             coalesce(p_operation, v_written.feed_operation), p_source, p_reason, p_request);
    end if;
end $$;

create index document_by_creationdate on document (coalesce(instant(doc ->> 'creationDate'), '-infinity'::timestamptz), bucket, id);

create index document_by_lastupdate on document (coalesce(instant(doc ->> 'lastUpdate'), '-infinity'::timestamptz), bucket, id);

create index document_by_name on document ((coalesce(doc ->> 'name', '') collate "C"), bucket, id);

create table entity (
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

alter table entity alter column doc set storage external;

create index entity_terms on entity using gin (terms);

create index entity_label on entity using gin (label gin_trgm_ops);

create table entity_history (
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

alter table entity_history alter column doc set storage external;

create function entity_create(
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
        insert into idempotency values (p_key_bucket, p_client, p_key, p_fingerprint, 'entity', p_id, 1, p_at)
            on conflict do nothing;
        if not found then
            select case when i.fingerprint = p_fingerprint then 'replayed' else 'reused' end, i.record_id, i.version
                into outcome, record_id, record_version
                from idempotency i where (i.bucket, i.client_id, i.key) = (p_key_bucket, p_client, p_key);
            return;
        end if;
    end if;
    insert into entity values (p_bucket, p_id, 1, p_doc, p_terms, p_label, p_change, v_position, p_at, p_at);
    insert into change values
        (bucket_of(p_change), p_change, v_position, p_at, p_client, p_person, p_purpose, 'create', p_source, p_reason, p_request);
    insert into change_record values (v_position, p_bucket, p_id, 1, 'entity', 'create', p_change);
    if cardinality(p_attributes) > 0 then
        perform write_links(p_id, 'entity', p_attributes, p_targets, p_kinds, p_roles, p_strict);
    end if;
    insert into trail values
        (bucket_of(p_trail), p_trail, p_at, p_client, p_person, p_purpose, 'create', 'entity', 'done', array[p_id], p_request);
end $$;

create function entity_write(
    p_bucket smallint, p_id uuid, p_expected bigint, p_doc jsonb, p_terms text[], p_label text, p_relink boolean,
    p_attributes text[], p_targets uuid[], p_kinds text[], p_roles text[], p_strict boolean[],
    p_change uuid, p_at timestamptz,
    out outcome text, out record_version bigint, out feed_operation text, out feed_place bigint, out written_at timestamptz
) language plpgsql as $$
declare
    v_old entity%rowtype;
    v_gone deleted_record%rowtype;
begin
    feed_operation := case when p_doc is null then 'delete' else 'modify' end;
    -- The lock comes before the first write: a transaction gets its id, and so its position, only then.
    select * into v_old from entity where bucket = p_bucket and id = p_id for update;
    if found then
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
        if v_old.doc = p_doc then
            outcome := 'unchanged';
            return;
        end if;
    else
        select * into v_gone from deleted_record
            where bucket = p_bucket and kind = 'entity' and id = p_id and version = p_expected and p_doc is not null for update;
        if not found then
            outcome := 'absent';
            return;
        end if;
        feed_operation := 'create';
    end if;
    outcome := 'done';
    record_version := p_expected + 1;
    feed_place := feed_position();
    if coalesce(v_old.position, v_gone.position) > feed_place then
        raise serialization_failure using message = 'a later transaction wrote this record first';
    end if;
    -- Clocks of several servers may differ; a version's period must not be empty or negative.
    written_at := greatest(p_at, coalesce(v_old.updated_at, v_gone.deleted_at) + interval '1 microsecond');
    if feed_operation = 'create' then
        insert into entity select h.bucket, h.id, record_version, p_doc, p_terms, p_label, p_change, feed_place,
            h.created_at, written_at
            from entity_history h where h.bucket = p_bucket and h.id = p_id and h.version = p_expected - 1;
        delete from deleted_record where bucket = p_bucket and kind = 'entity' and id = p_id;
    else
        insert into entity_history values
            (v_old.bucket, v_old.id, v_old.version, v_old.doc, v_old.terms, v_old.label, v_old.change_id, v_old.position,
             v_old.created_at, v_old.updated_at, written_at, p_change);
        if feed_operation = 'delete' then
            delete from entity where bucket = p_bucket and id = p_id;
            insert into deleted_record values
                (p_bucket, 'entity', p_id, record_version, written_at, feed_place, p_change);
        else
            update entity set version = record_version, doc = p_doc, terms = p_terms, label = p_label,
                change_id = p_change, position = feed_place, updated_at = written_at
                where bucket = p_bucket and id = p_id;
        end if;
    end if;
    if p_relink then
        perform drop_links(p_id);
        if cardinality(p_attributes) > 0 then
            perform write_links(p_id, 'entity', p_attributes, p_targets, p_kinds, p_roles, p_strict);
        end if;
    end if;
    insert into change_record values (feed_place, p_bucket, p_id, record_version, 'entity', feed_operation, p_change);
end $$;

create function entity_replace(
    p_bucket smallint, p_id uuid, p_expected bigint, p_doc jsonb, p_terms text[], p_label text, p_relink boolean,
    p_attributes text[], p_targets uuid[], p_kinds text[], p_roles text[], p_strict boolean[],
    p_change uuid, p_at timestamptz, p_client text, p_person text, p_purpose text, p_source text, p_reason text,
    p_request text, p_key_bucket smallint, p_key text, p_fingerprint bytea, p_trail uuid,
    p_operation text default null,
    out outcome text, out record_id uuid, out record_version bigint
) language plpgsql as $$
declare
    v_written record;
begin
    if p_key is not null then
        -- Who repeats a request waits here for the first one, and then finds its key.
        perform from entity where bucket = p_bucket and id = p_id for update;
        if not found then
            perform from deleted_record where bucket = p_bucket and kind = 'entity' and id = p_id for update;
        end if;
        select case when i.fingerprint = p_fingerprint then 'replayed' else 'reused' end, i.record_id, i.version
            into outcome, record_id, record_version
            from idempotency i where (i.bucket, i.client_id, i.key) = (p_key_bucket, p_client, p_key);
        if found then
            return;
        end if;
    end if;
    record_id := p_id;
    v_written := entity_write(
        p_bucket, p_id, p_expected, p_doc, p_terms, p_label, p_relink, p_attributes, p_targets, p_kinds, p_roles, p_strict,
        p_change, p_at);
    outcome := v_written.outcome;
    record_version := v_written.record_version;
    if outcome not in ('done', 'unchanged') then
        return;
    end if;
    if p_key is not null then
        insert into idempotency values
            (p_key_bucket, p_client, p_key, p_fingerprint, 'entity', p_id, record_version, p_at);
    end if;
    insert into trail values
        (bucket_of(p_trail), p_trail, p_at, p_client, p_person, p_purpose, v_written.feed_operation, 'entity', outcome,
         array[p_id], p_request);
    if outcome = 'done' then
        insert into change values
            (bucket_of(p_change), p_change, v_written.feed_place, v_written.written_at, p_client, p_person, p_purpose,
             coalesce(p_operation, v_written.feed_operation), p_source, p_reason, p_request);
    end if;
end $$;

create index entity_by_name on entity ((coalesce(doc ->> 'name', '') collate "C"), bucket, id);

create index entity_by_status on entity ((coalesce(doc ->> 'status', '') collate "C"), bucket, id);

create table entity_specification (
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

alter table entity_specification alter column doc set storage external;

create index entity_specification_terms on entity_specification using gin (terms);

create index entity_specification_label on entity_specification using gin (label gin_trgm_ops);

create table entity_specification_history (
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

alter table entity_specification_history alter column doc set storage external;

create function entity_specification_create(
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
        insert into idempotency values (p_key_bucket, p_client, p_key, p_fingerprint, 'entity_specification', p_id, 1, p_at)
            on conflict do nothing;
        if not found then
            select case when i.fingerprint = p_fingerprint then 'replayed' else 'reused' end, i.record_id, i.version
                into outcome, record_id, record_version
                from idempotency i where (i.bucket, i.client_id, i.key) = (p_key_bucket, p_client, p_key);
            return;
        end if;
    end if;
    insert into entity_specification values (p_bucket, p_id, 1, p_doc, p_terms, p_label, p_change, v_position, p_at, p_at);
    insert into change values
        (bucket_of(p_change), p_change, v_position, p_at, p_client, p_person, p_purpose, 'create', p_source, p_reason, p_request);
    insert into change_record values (v_position, p_bucket, p_id, 1, 'entity_specification', 'create', p_change);
    if cardinality(p_attributes) > 0 then
        perform write_links(p_id, 'entity_specification', p_attributes, p_targets, p_kinds, p_roles, p_strict);
    end if;
    insert into trail values
        (bucket_of(p_trail), p_trail, p_at, p_client, p_person, p_purpose, 'create', 'entity_specification', 'done', array[p_id], p_request);
end $$;

create function entity_specification_write(
    p_bucket smallint, p_id uuid, p_expected bigint, p_doc jsonb, p_terms text[], p_label text, p_relink boolean,
    p_attributes text[], p_targets uuid[], p_kinds text[], p_roles text[], p_strict boolean[],
    p_change uuid, p_at timestamptz,
    out outcome text, out record_version bigint, out feed_operation text, out feed_place bigint, out written_at timestamptz
) language plpgsql as $$
declare
    v_old entity_specification%rowtype;
    v_gone deleted_record%rowtype;
begin
    feed_operation := case when p_doc is null then 'delete' else 'modify' end;
    -- The lock comes before the first write: a transaction gets its id, and so its position, only then.
    select * into v_old from entity_specification where bucket = p_bucket and id = p_id for update;
    if found then
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
        if v_old.doc = p_doc then
            outcome := 'unchanged';
            return;
        end if;
    else
        select * into v_gone from deleted_record
            where bucket = p_bucket and kind = 'entity_specification' and id = p_id and version = p_expected and p_doc is not null for update;
        if not found then
            outcome := 'absent';
            return;
        end if;
        feed_operation := 'create';
    end if;
    outcome := 'done';
    record_version := p_expected + 1;
    feed_place := feed_position();
    if coalesce(v_old.position, v_gone.position) > feed_place then
        raise serialization_failure using message = 'a later transaction wrote this record first';
    end if;
    -- Clocks of several servers may differ; a version's period must not be empty or negative.
    written_at := greatest(p_at, coalesce(v_old.updated_at, v_gone.deleted_at) + interval '1 microsecond');
    if feed_operation = 'create' then
        insert into entity_specification select h.bucket, h.id, record_version, p_doc, p_terms, p_label, p_change, feed_place,
            h.created_at, written_at
            from entity_specification_history h where h.bucket = p_bucket and h.id = p_id and h.version = p_expected - 1;
        delete from deleted_record where bucket = p_bucket and kind = 'entity_specification' and id = p_id;
    else
        insert into entity_specification_history values
            (v_old.bucket, v_old.id, v_old.version, v_old.doc, v_old.terms, v_old.label, v_old.change_id, v_old.position,
             v_old.created_at, v_old.updated_at, written_at, p_change);
        if feed_operation = 'delete' then
            delete from entity_specification where bucket = p_bucket and id = p_id;
            insert into deleted_record values
                (p_bucket, 'entity_specification', p_id, record_version, written_at, feed_place, p_change);
        else
            update entity_specification set version = record_version, doc = p_doc, terms = p_terms, label = p_label,
                change_id = p_change, position = feed_place, updated_at = written_at
                where bucket = p_bucket and id = p_id;
        end if;
    end if;
    if p_relink then
        perform drop_links(p_id);
        if cardinality(p_attributes) > 0 then
            perform write_links(p_id, 'entity_specification', p_attributes, p_targets, p_kinds, p_roles, p_strict);
        end if;
    end if;
    insert into change_record values (feed_place, p_bucket, p_id, record_version, 'entity_specification', feed_operation, p_change);
end $$;

create function entity_specification_replace(
    p_bucket smallint, p_id uuid, p_expected bigint, p_doc jsonb, p_terms text[], p_label text, p_relink boolean,
    p_attributes text[], p_targets uuid[], p_kinds text[], p_roles text[], p_strict boolean[],
    p_change uuid, p_at timestamptz, p_client text, p_person text, p_purpose text, p_source text, p_reason text,
    p_request text, p_key_bucket smallint, p_key text, p_fingerprint bytea, p_trail uuid,
    p_operation text default null,
    out outcome text, out record_id uuid, out record_version bigint
) language plpgsql as $$
declare
    v_written record;
begin
    if p_key is not null then
        -- Who repeats a request waits here for the first one, and then finds its key.
        perform from entity_specification where bucket = p_bucket and id = p_id for update;
        if not found then
            perform from deleted_record where bucket = p_bucket and kind = 'entity_specification' and id = p_id for update;
        end if;
        select case when i.fingerprint = p_fingerprint then 'replayed' else 'reused' end, i.record_id, i.version
            into outcome, record_id, record_version
            from idempotency i where (i.bucket, i.client_id, i.key) = (p_key_bucket, p_client, p_key);
        if found then
            return;
        end if;
    end if;
    record_id := p_id;
    v_written := entity_specification_write(
        p_bucket, p_id, p_expected, p_doc, p_terms, p_label, p_relink, p_attributes, p_targets, p_kinds, p_roles, p_strict,
        p_change, p_at);
    outcome := v_written.outcome;
    record_version := v_written.record_version;
    if outcome not in ('done', 'unchanged') then
        return;
    end if;
    if p_key is not null then
        insert into idempotency values
            (p_key_bucket, p_client, p_key, p_fingerprint, 'entity_specification', p_id, record_version, p_at);
    end if;
    insert into trail values
        (bucket_of(p_trail), p_trail, p_at, p_client, p_person, p_purpose, v_written.feed_operation, 'entity_specification', outcome,
         array[p_id], p_request);
    if outcome = 'done' then
        insert into change values
            (bucket_of(p_change), p_change, v_written.feed_place, v_written.written_at, p_client, p_person, p_purpose,
             coalesce(p_operation, v_written.feed_operation), p_source, p_reason, p_request);
    end if;
end $$;

create index entity_specification_by_lastupdate on entity_specification (coalesce(instant(doc ->> 'lastUpdate'), '-infinity'::timestamptz), bucket, id);

create index entity_specification_by_name on entity_specification ((coalesce(doc ->> 'name', '') collate "C"), bucket, id);

create table financial_account (
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

alter table financial_account alter column doc set storage external;

create index financial_account_terms on financial_account using gin (terms);

create index financial_account_label on financial_account using gin (label gin_trgm_ops);

create table financial_account_history (
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

alter table financial_account_history alter column doc set storage external;

create function financial_account_create(
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
        insert into idempotency values (p_key_bucket, p_client, p_key, p_fingerprint, 'financial_account', p_id, 1, p_at)
            on conflict do nothing;
        if not found then
            select case when i.fingerprint = p_fingerprint then 'replayed' else 'reused' end, i.record_id, i.version
                into outcome, record_id, record_version
                from idempotency i where (i.bucket, i.client_id, i.key) = (p_key_bucket, p_client, p_key);
            return;
        end if;
    end if;
    insert into financial_account values (p_bucket, p_id, 1, p_doc, p_terms, p_label, p_change, v_position, p_at, p_at);
    insert into change values
        (bucket_of(p_change), p_change, v_position, p_at, p_client, p_person, p_purpose, 'create', p_source, p_reason, p_request);
    insert into change_record values (v_position, p_bucket, p_id, 1, 'financial_account', 'create', p_change);
    if cardinality(p_attributes) > 0 then
        perform write_links(p_id, 'financial_account', p_attributes, p_targets, p_kinds, p_roles, p_strict);
    end if;
    insert into trail values
        (bucket_of(p_trail), p_trail, p_at, p_client, p_person, p_purpose, 'create', 'financial_account', 'done', array[p_id], p_request);
end $$;

create function financial_account_write(
    p_bucket smallint, p_id uuid, p_expected bigint, p_doc jsonb, p_terms text[], p_label text, p_relink boolean,
    p_attributes text[], p_targets uuid[], p_kinds text[], p_roles text[], p_strict boolean[],
    p_change uuid, p_at timestamptz,
    out outcome text, out record_version bigint, out feed_operation text, out feed_place bigint, out written_at timestamptz
) language plpgsql as $$
declare
    v_old financial_account%rowtype;
    v_gone deleted_record%rowtype;
begin
    feed_operation := case when p_doc is null then 'delete' else 'modify' end;
    -- The lock comes before the first write: a transaction gets its id, and so its position, only then.
    select * into v_old from financial_account where bucket = p_bucket and id = p_id for update;
    if found then
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
        if v_old.doc = p_doc then
            outcome := 'unchanged';
            return;
        end if;
    else
        select * into v_gone from deleted_record
            where bucket = p_bucket and kind = 'financial_account' and id = p_id and version = p_expected and p_doc is not null for update;
        if not found then
            outcome := 'absent';
            return;
        end if;
        feed_operation := 'create';
    end if;
    outcome := 'done';
    record_version := p_expected + 1;
    feed_place := feed_position();
    if coalesce(v_old.position, v_gone.position) > feed_place then
        raise serialization_failure using message = 'a later transaction wrote this record first';
    end if;
    -- Clocks of several servers may differ; a version's period must not be empty or negative.
    written_at := greatest(p_at, coalesce(v_old.updated_at, v_gone.deleted_at) + interval '1 microsecond');
    if feed_operation = 'create' then
        insert into financial_account select h.bucket, h.id, record_version, p_doc, p_terms, p_label, p_change, feed_place,
            h.created_at, written_at
            from financial_account_history h where h.bucket = p_bucket and h.id = p_id and h.version = p_expected - 1;
        delete from deleted_record where bucket = p_bucket and kind = 'financial_account' and id = p_id;
    else
        insert into financial_account_history values
            (v_old.bucket, v_old.id, v_old.version, v_old.doc, v_old.terms, v_old.label, v_old.change_id, v_old.position,
             v_old.created_at, v_old.updated_at, written_at, p_change);
        if feed_operation = 'delete' then
            delete from financial_account where bucket = p_bucket and id = p_id;
            insert into deleted_record values
                (p_bucket, 'financial_account', p_id, record_version, written_at, feed_place, p_change);
        else
            update financial_account set version = record_version, doc = p_doc, terms = p_terms, label = p_label,
                change_id = p_change, position = feed_place, updated_at = written_at
                where bucket = p_bucket and id = p_id;
        end if;
    end if;
    if p_relink then
        perform drop_links(p_id);
        if cardinality(p_attributes) > 0 then
            perform write_links(p_id, 'financial_account', p_attributes, p_targets, p_kinds, p_roles, p_strict);
        end if;
    end if;
    insert into change_record values (feed_place, p_bucket, p_id, record_version, 'financial_account', feed_operation, p_change);
end $$;

create function financial_account_replace(
    p_bucket smallint, p_id uuid, p_expected bigint, p_doc jsonb, p_terms text[], p_label text, p_relink boolean,
    p_attributes text[], p_targets uuid[], p_kinds text[], p_roles text[], p_strict boolean[],
    p_change uuid, p_at timestamptz, p_client text, p_person text, p_purpose text, p_source text, p_reason text,
    p_request text, p_key_bucket smallint, p_key text, p_fingerprint bytea, p_trail uuid,
    p_operation text default null,
    out outcome text, out record_id uuid, out record_version bigint
) language plpgsql as $$
declare
    v_written record;
begin
    if p_key is not null then
        -- Who repeats a request waits here for the first one, and then finds its key.
        perform from financial_account where bucket = p_bucket and id = p_id for update;
        if not found then
            perform from deleted_record where bucket = p_bucket and kind = 'financial_account' and id = p_id for update;
        end if;
        select case when i.fingerprint = p_fingerprint then 'replayed' else 'reused' end, i.record_id, i.version
            into outcome, record_id, record_version
            from idempotency i where (i.bucket, i.client_id, i.key) = (p_key_bucket, p_client, p_key);
        if found then
            return;
        end if;
    end if;
    record_id := p_id;
    v_written := financial_account_write(
        p_bucket, p_id, p_expected, p_doc, p_terms, p_label, p_relink, p_attributes, p_targets, p_kinds, p_roles, p_strict,
        p_change, p_at);
    outcome := v_written.outcome;
    record_version := v_written.record_version;
    if outcome not in ('done', 'unchanged') then
        return;
    end if;
    if p_key is not null then
        insert into idempotency values
            (p_key_bucket, p_client, p_key, p_fingerprint, 'financial_account', p_id, record_version, p_at);
    end if;
    insert into trail values
        (bucket_of(p_trail), p_trail, p_at, p_client, p_person, p_purpose, v_written.feed_operation, 'financial_account', outcome,
         array[p_id], p_request);
    if outcome = 'done' then
        insert into change values
            (bucket_of(p_change), p_change, v_written.feed_place, v_written.written_at, p_client, p_person, p_purpose,
             coalesce(p_operation, v_written.feed_operation), p_source, p_reason, p_request);
    end if;
end $$;

create index financial_account_by_accounttype on financial_account ((coalesce(doc ->> 'accountType', '') collate "C"), bucket, id);

create index financial_account_by_name on financial_account ((coalesce(doc ->> 'name', '') collate "C"), bucket, id);

create index financial_account_by_state on financial_account ((coalesce(doc ->> 'state', '') collate "C"), bucket, id);

create function individual_write(
    p_bucket smallint, p_id uuid, p_expected bigint, p_doc jsonb, p_terms text[], p_label text, p_relink boolean,
    p_attributes text[], p_targets uuid[], p_kinds text[], p_roles text[], p_strict boolean[],
    p_change uuid, p_at timestamptz,
    out outcome text, out record_version bigint, out feed_operation text, out feed_place bigint, out written_at timestamptz
) language plpgsql as $$
declare
    v_old individual%rowtype;
    v_gone deleted_record%rowtype;
begin
    feed_operation := case when p_doc is null then 'delete' else 'modify' end;
    -- The lock comes before the first write: a transaction gets its id, and so its position, only then.
    select * into v_old from individual where bucket = p_bucket and id = p_id for update;
    if found then
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
        if v_old.doc = p_doc then
            outcome := 'unchanged';
            return;
        end if;
    else
        select * into v_gone from deleted_record
            where bucket = p_bucket and kind = 'individual' and id = p_id and version = p_expected and p_doc is not null for update;
        if not found then
            outcome := 'absent';
            return;
        end if;
        feed_operation := 'create';
    end if;
    outcome := 'done';
    record_version := p_expected + 1;
    feed_place := feed_position();
    if coalesce(v_old.position, v_gone.position) > feed_place then
        raise serialization_failure using message = 'a later transaction wrote this record first';
    end if;
    -- Clocks of several servers may differ; a version's period must not be empty or negative.
    written_at := greatest(p_at, coalesce(v_old.updated_at, v_gone.deleted_at) + interval '1 microsecond');
    if feed_operation = 'create' then
        insert into individual select h.bucket, h.id, record_version, p_doc, p_terms, p_label, p_change, feed_place,
            h.created_at, written_at
            from individual_history h where h.bucket = p_bucket and h.id = p_id and h.version = p_expected - 1;
        delete from deleted_record where bucket = p_bucket and kind = 'individual' and id = p_id;
    else
        insert into individual_history values
            (v_old.bucket, v_old.id, v_old.version, v_old.doc, v_old.terms, v_old.label, v_old.change_id, v_old.position,
             v_old.created_at, v_old.updated_at, written_at, p_change);
        if feed_operation = 'delete' then
            delete from individual where bucket = p_bucket and id = p_id;
            insert into deleted_record values
                (p_bucket, 'individual', p_id, record_version, written_at, feed_place, p_change);
        else
            update individual set version = record_version, doc = p_doc, terms = p_terms, label = p_label,
                change_id = p_change, position = feed_place, updated_at = written_at
                where bucket = p_bucket and id = p_id;
        end if;
    end if;
    if p_relink then
        perform drop_links(p_id);
        if cardinality(p_attributes) > 0 then
            perform write_links(p_id, 'individual', p_attributes, p_targets, p_kinds, p_roles, p_strict);
        end if;
    end if;
    insert into change_record values (feed_place, p_bucket, p_id, record_version, 'individual', feed_operation, p_change);
end $$;

-- The parameter that it gains has a default: calls of the first version go on to work.
drop function individual_replace(smallint, uuid, bigint, jsonb, text[], text, boolean, text[], uuid[], text[], text[], boolean[], uuid, timestamptz, text, text, text, text, text, text, smallint, text, bytea, uuid);

create function individual_replace(
    p_bucket smallint, p_id uuid, p_expected bigint, p_doc jsonb, p_terms text[], p_label text, p_relink boolean,
    p_attributes text[], p_targets uuid[], p_kinds text[], p_roles text[], p_strict boolean[],
    p_change uuid, p_at timestamptz, p_client text, p_person text, p_purpose text, p_source text, p_reason text,
    p_request text, p_key_bucket smallint, p_key text, p_fingerprint bytea, p_trail uuid,
    p_operation text default null,
    out outcome text, out record_id uuid, out record_version bigint
) language plpgsql as $$
declare
    v_written record;
begin
    if p_key is not null then
        -- Who repeats a request waits here for the first one, and then finds its key.
        perform from individual where bucket = p_bucket and id = p_id for update;
        if not found then
            perform from deleted_record where bucket = p_bucket and kind = 'individual' and id = p_id for update;
        end if;
        select case when i.fingerprint = p_fingerprint then 'replayed' else 'reused' end, i.record_id, i.version
            into outcome, record_id, record_version
            from idempotency i where (i.bucket, i.client_id, i.key) = (p_key_bucket, p_client, p_key);
        if found then
            return;
        end if;
    end if;
    record_id := p_id;
    v_written := individual_write(
        p_bucket, p_id, p_expected, p_doc, p_terms, p_label, p_relink, p_attributes, p_targets, p_kinds, p_roles, p_strict,
        p_change, p_at);
    outcome := v_written.outcome;
    record_version := v_written.record_version;
    if outcome not in ('done', 'unchanged') then
        return;
    end if;
    if p_key is not null then
        insert into idempotency values
            (p_key_bucket, p_client, p_key, p_fingerprint, 'individual', p_id, record_version, p_at);
    end if;
    insert into trail values
        (bucket_of(p_trail), p_trail, p_at, p_client, p_person, p_purpose, v_written.feed_operation, 'individual', outcome,
         array[p_id], p_request);
    if outcome = 'done' then
        insert into change values
            (bucket_of(p_change), p_change, v_written.feed_place, v_written.written_at, p_client, p_person, p_purpose,
             coalesce(p_operation, v_written.feed_operation), p_source, p_reason, p_request);
    end if;
end $$;

create function organization_write(
    p_bucket smallint, p_id uuid, p_expected bigint, p_doc jsonb, p_terms text[], p_label text, p_relink boolean,
    p_attributes text[], p_targets uuid[], p_kinds text[], p_roles text[], p_strict boolean[],
    p_change uuid, p_at timestamptz,
    out outcome text, out record_version bigint, out feed_operation text, out feed_place bigint, out written_at timestamptz
) language plpgsql as $$
declare
    v_old organization%rowtype;
    v_gone deleted_record%rowtype;
begin
    feed_operation := case when p_doc is null then 'delete' else 'modify' end;
    -- The lock comes before the first write: a transaction gets its id, and so its position, only then.
    select * into v_old from organization where bucket = p_bucket and id = p_id for update;
    if found then
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
        if v_old.doc = p_doc then
            outcome := 'unchanged';
            return;
        end if;
    else
        select * into v_gone from deleted_record
            where bucket = p_bucket and kind = 'organization' and id = p_id and version = p_expected and p_doc is not null for update;
        if not found then
            outcome := 'absent';
            return;
        end if;
        feed_operation := 'create';
    end if;
    outcome := 'done';
    record_version := p_expected + 1;
    feed_place := feed_position();
    if coalesce(v_old.position, v_gone.position) > feed_place then
        raise serialization_failure using message = 'a later transaction wrote this record first';
    end if;
    -- Clocks of several servers may differ; a version's period must not be empty or negative.
    written_at := greatest(p_at, coalesce(v_old.updated_at, v_gone.deleted_at) + interval '1 microsecond');
    if feed_operation = 'create' then
        insert into organization select h.bucket, h.id, record_version, p_doc, p_terms, p_label, p_change, feed_place,
            h.created_at, written_at
            from organization_history h where h.bucket = p_bucket and h.id = p_id and h.version = p_expected - 1;
        delete from deleted_record where bucket = p_bucket and kind = 'organization' and id = p_id;
    else
        insert into organization_history values
            (v_old.bucket, v_old.id, v_old.version, v_old.doc, v_old.terms, v_old.label, v_old.change_id, v_old.position,
             v_old.created_at, v_old.updated_at, written_at, p_change);
        if feed_operation = 'delete' then
            delete from organization where bucket = p_bucket and id = p_id;
            insert into deleted_record values
                (p_bucket, 'organization', p_id, record_version, written_at, feed_place, p_change);
        else
            update organization set version = record_version, doc = p_doc, terms = p_terms, label = p_label,
                change_id = p_change, position = feed_place, updated_at = written_at
                where bucket = p_bucket and id = p_id;
        end if;
    end if;
    if p_relink then
        perform drop_links(p_id);
        if cardinality(p_attributes) > 0 then
            perform write_links(p_id, 'organization', p_attributes, p_targets, p_kinds, p_roles, p_strict);
        end if;
    end if;
    insert into change_record values (feed_place, p_bucket, p_id, record_version, 'organization', feed_operation, p_change);
end $$;

-- The parameter that it gains has a default: calls of the first version go on to work.
drop function organization_replace(smallint, uuid, bigint, jsonb, text[], text, boolean, text[], uuid[], text[], text[], boolean[], uuid, timestamptz, text, text, text, text, text, text, smallint, text, bytea, uuid);

create function organization_replace(
    p_bucket smallint, p_id uuid, p_expected bigint, p_doc jsonb, p_terms text[], p_label text, p_relink boolean,
    p_attributes text[], p_targets uuid[], p_kinds text[], p_roles text[], p_strict boolean[],
    p_change uuid, p_at timestamptz, p_client text, p_person text, p_purpose text, p_source text, p_reason text,
    p_request text, p_key_bucket smallint, p_key text, p_fingerprint bytea, p_trail uuid,
    p_operation text default null,
    out outcome text, out record_id uuid, out record_version bigint
) language plpgsql as $$
declare
    v_written record;
begin
    if p_key is not null then
        -- Who repeats a request waits here for the first one, and then finds its key.
        perform from organization where bucket = p_bucket and id = p_id for update;
        if not found then
            perform from deleted_record where bucket = p_bucket and kind = 'organization' and id = p_id for update;
        end if;
        select case when i.fingerprint = p_fingerprint then 'replayed' else 'reused' end, i.record_id, i.version
            into outcome, record_id, record_version
            from idempotency i where (i.bucket, i.client_id, i.key) = (p_key_bucket, p_client, p_key);
        if found then
            return;
        end if;
    end if;
    record_id := p_id;
    v_written := organization_write(
        p_bucket, p_id, p_expected, p_doc, p_terms, p_label, p_relink, p_attributes, p_targets, p_kinds, p_roles, p_strict,
        p_change, p_at);
    outcome := v_written.outcome;
    record_version := v_written.record_version;
    if outcome not in ('done', 'unchanged') then
        return;
    end if;
    if p_key is not null then
        insert into idempotency values
            (p_key_bucket, p_client, p_key, p_fingerprint, 'organization', p_id, record_version, p_at);
    end if;
    insert into trail values
        (bucket_of(p_trail), p_trail, p_at, p_client, p_person, p_purpose, v_written.feed_operation, 'organization', outcome,
         array[p_id], p_request);
    if outcome = 'done' then
        insert into change values
            (bucket_of(p_change), p_change, v_written.feed_place, v_written.written_at, p_client, p_person, p_purpose,
             coalesce(p_operation, v_written.feed_operation), p_source, p_reason, p_request);
    end if;
end $$;

create table party_account (
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

alter table party_account alter column doc set storage external;

create index party_account_terms on party_account using gin (terms);

create index party_account_label on party_account using gin (label gin_trgm_ops);

create table party_account_history (
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

alter table party_account_history alter column doc set storage external;

create function party_account_create(
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
        insert into idempotency values (p_key_bucket, p_client, p_key, p_fingerprint, 'party_account', p_id, 1, p_at)
            on conflict do nothing;
        if not found then
            select case when i.fingerprint = p_fingerprint then 'replayed' else 'reused' end, i.record_id, i.version
                into outcome, record_id, record_version
                from idempotency i where (i.bucket, i.client_id, i.key) = (p_key_bucket, p_client, p_key);
            return;
        end if;
    end if;
    insert into party_account values (p_bucket, p_id, 1, p_doc, p_terms, p_label, p_change, v_position, p_at, p_at);
    insert into change values
        (bucket_of(p_change), p_change, v_position, p_at, p_client, p_person, p_purpose, 'create', p_source, p_reason, p_request);
    insert into change_record values (v_position, p_bucket, p_id, 1, 'party_account', 'create', p_change);
    if cardinality(p_attributes) > 0 then
        perform write_links(p_id, 'party_account', p_attributes, p_targets, p_kinds, p_roles, p_strict);
    end if;
    insert into trail values
        (bucket_of(p_trail), p_trail, p_at, p_client, p_person, p_purpose, 'create', 'party_account', 'done', array[p_id], p_request);
end $$;

create function party_account_write(
    p_bucket smallint, p_id uuid, p_expected bigint, p_doc jsonb, p_terms text[], p_label text, p_relink boolean,
    p_attributes text[], p_targets uuid[], p_kinds text[], p_roles text[], p_strict boolean[],
    p_change uuid, p_at timestamptz,
    out outcome text, out record_version bigint, out feed_operation text, out feed_place bigint, out written_at timestamptz
) language plpgsql as $$
declare
    v_old party_account%rowtype;
    v_gone deleted_record%rowtype;
begin
    feed_operation := case when p_doc is null then 'delete' else 'modify' end;
    -- The lock comes before the first write: a transaction gets its id, and so its position, only then.
    select * into v_old from party_account where bucket = p_bucket and id = p_id for update;
    if found then
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
        if v_old.doc = p_doc then
            outcome := 'unchanged';
            return;
        end if;
    else
        select * into v_gone from deleted_record
            where bucket = p_bucket and kind = 'party_account' and id = p_id and version = p_expected and p_doc is not null for update;
        if not found then
            outcome := 'absent';
            return;
        end if;
        feed_operation := 'create';
    end if;
    outcome := 'done';
    record_version := p_expected + 1;
    feed_place := feed_position();
    if coalesce(v_old.position, v_gone.position) > feed_place then
        raise serialization_failure using message = 'a later transaction wrote this record first';
    end if;
    -- Clocks of several servers may differ; a version's period must not be empty or negative.
    written_at := greatest(p_at, coalesce(v_old.updated_at, v_gone.deleted_at) + interval '1 microsecond');
    if feed_operation = 'create' then
        insert into party_account select h.bucket, h.id, record_version, p_doc, p_terms, p_label, p_change, feed_place,
            h.created_at, written_at
            from party_account_history h where h.bucket = p_bucket and h.id = p_id and h.version = p_expected - 1;
        delete from deleted_record where bucket = p_bucket and kind = 'party_account' and id = p_id;
    else
        insert into party_account_history values
            (v_old.bucket, v_old.id, v_old.version, v_old.doc, v_old.terms, v_old.label, v_old.change_id, v_old.position,
             v_old.created_at, v_old.updated_at, written_at, p_change);
        if feed_operation = 'delete' then
            delete from party_account where bucket = p_bucket and id = p_id;
            insert into deleted_record values
                (p_bucket, 'party_account', p_id, record_version, written_at, feed_place, p_change);
        else
            update party_account set version = record_version, doc = p_doc, terms = p_terms, label = p_label,
                change_id = p_change, position = feed_place, updated_at = written_at
                where bucket = p_bucket and id = p_id;
        end if;
    end if;
    if p_relink then
        perform drop_links(p_id);
        if cardinality(p_attributes) > 0 then
            perform write_links(p_id, 'party_account', p_attributes, p_targets, p_kinds, p_roles, p_strict);
        end if;
    end if;
    insert into change_record values (feed_place, p_bucket, p_id, record_version, 'party_account', feed_operation, p_change);
end $$;

create function party_account_replace(
    p_bucket smallint, p_id uuid, p_expected bigint, p_doc jsonb, p_terms text[], p_label text, p_relink boolean,
    p_attributes text[], p_targets uuid[], p_kinds text[], p_roles text[], p_strict boolean[],
    p_change uuid, p_at timestamptz, p_client text, p_person text, p_purpose text, p_source text, p_reason text,
    p_request text, p_key_bucket smallint, p_key text, p_fingerprint bytea, p_trail uuid,
    p_operation text default null,
    out outcome text, out record_id uuid, out record_version bigint
) language plpgsql as $$
declare
    v_written record;
begin
    if p_key is not null then
        -- Who repeats a request waits here for the first one, and then finds its key.
        perform from party_account where bucket = p_bucket and id = p_id for update;
        if not found then
            perform from deleted_record where bucket = p_bucket and kind = 'party_account' and id = p_id for update;
        end if;
        select case when i.fingerprint = p_fingerprint then 'replayed' else 'reused' end, i.record_id, i.version
            into outcome, record_id, record_version
            from idempotency i where (i.bucket, i.client_id, i.key) = (p_key_bucket, p_client, p_key);
        if found then
            return;
        end if;
    end if;
    record_id := p_id;
    v_written := party_account_write(
        p_bucket, p_id, p_expected, p_doc, p_terms, p_label, p_relink, p_attributes, p_targets, p_kinds, p_roles, p_strict,
        p_change, p_at);
    outcome := v_written.outcome;
    record_version := v_written.record_version;
    if outcome not in ('done', 'unchanged') then
        return;
    end if;
    if p_key is not null then
        insert into idempotency values
            (p_key_bucket, p_client, p_key, p_fingerprint, 'party_account', p_id, record_version, p_at);
    end if;
    insert into trail values
        (bucket_of(p_trail), p_trail, p_at, p_client, p_person, p_purpose, v_written.feed_operation, 'party_account', outcome,
         array[p_id], p_request);
    if outcome = 'done' then
        insert into change values
            (bucket_of(p_change), p_change, v_written.feed_place, v_written.written_at, p_client, p_person, p_purpose,
             coalesce(p_operation, v_written.feed_operation), p_source, p_reason, p_request);
    end if;
end $$;

create index party_account_by_accounttype on party_account ((coalesce(doc ->> 'accountType', '') collate "C"), bucket, id);

create index party_account_by_name on party_account ((coalesce(doc ->> 'name', '') collate "C"), bucket, id);

create index party_account_by_state on party_account ((coalesce(doc ->> 'state', '') collate "C"), bucket, id);

create table party_interaction (
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

alter table party_interaction alter column doc set storage external;

create index party_interaction_terms on party_interaction using gin (terms);

create index party_interaction_label on party_interaction using gin (label gin_trgm_ops);

create table party_interaction_history (
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

alter table party_interaction_history alter column doc set storage external;

create function party_interaction_create(
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
        insert into idempotency values (p_key_bucket, p_client, p_key, p_fingerprint, 'party_interaction', p_id, 1, p_at)
            on conflict do nothing;
        if not found then
            select case when i.fingerprint = p_fingerprint then 'replayed' else 'reused' end, i.record_id, i.version
                into outcome, record_id, record_version
                from idempotency i where (i.bucket, i.client_id, i.key) = (p_key_bucket, p_client, p_key);
            return;
        end if;
    end if;
    insert into party_interaction values (p_bucket, p_id, 1, p_doc, p_terms, p_label, p_change, v_position, p_at, p_at);
    insert into change values
        (bucket_of(p_change), p_change, v_position, p_at, p_client, p_person, p_purpose, 'create', p_source, p_reason, p_request);
    insert into change_record values (v_position, p_bucket, p_id, 1, 'party_interaction', 'create', p_change);
    if cardinality(p_attributes) > 0 then
        perform write_links(p_id, 'party_interaction', p_attributes, p_targets, p_kinds, p_roles, p_strict);
    end if;
    insert into trail values
        (bucket_of(p_trail), p_trail, p_at, p_client, p_person, p_purpose, 'create', 'party_interaction', 'done', array[p_id], p_request);
end $$;

create function party_interaction_write(
    p_bucket smallint, p_id uuid, p_expected bigint, p_doc jsonb, p_terms text[], p_label text, p_relink boolean,
    p_attributes text[], p_targets uuid[], p_kinds text[], p_roles text[], p_strict boolean[],
    p_change uuid, p_at timestamptz,
    out outcome text, out record_version bigint, out feed_operation text, out feed_place bigint, out written_at timestamptz
) language plpgsql as $$
declare
    v_old party_interaction%rowtype;
    v_gone deleted_record%rowtype;
begin
    feed_operation := case when p_doc is null then 'delete' else 'modify' end;
    -- The lock comes before the first write: a transaction gets its id, and so its position, only then.
    select * into v_old from party_interaction where bucket = p_bucket and id = p_id for update;
    if found then
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
        if v_old.doc = p_doc then
            outcome := 'unchanged';
            return;
        end if;
    else
        select * into v_gone from deleted_record
            where bucket = p_bucket and kind = 'party_interaction' and id = p_id and version = p_expected and p_doc is not null for update;
        if not found then
            outcome := 'absent';
            return;
        end if;
        feed_operation := 'create';
    end if;
    outcome := 'done';
    record_version := p_expected + 1;
    feed_place := feed_position();
    if coalesce(v_old.position, v_gone.position) > feed_place then
        raise serialization_failure using message = 'a later transaction wrote this record first';
    end if;
    -- Clocks of several servers may differ; a version's period must not be empty or negative.
    written_at := greatest(p_at, coalesce(v_old.updated_at, v_gone.deleted_at) + interval '1 microsecond');
    if feed_operation = 'create' then
        insert into party_interaction select h.bucket, h.id, record_version, p_doc, p_terms, p_label, p_change, feed_place,
            h.created_at, written_at
            from party_interaction_history h where h.bucket = p_bucket and h.id = p_id and h.version = p_expected - 1;
        delete from deleted_record where bucket = p_bucket and kind = 'party_interaction' and id = p_id;
    else
        insert into party_interaction_history values
            (v_old.bucket, v_old.id, v_old.version, v_old.doc, v_old.terms, v_old.label, v_old.change_id, v_old.position,
             v_old.created_at, v_old.updated_at, written_at, p_change);
        if feed_operation = 'delete' then
            delete from party_interaction where bucket = p_bucket and id = p_id;
            insert into deleted_record values
                (p_bucket, 'party_interaction', p_id, record_version, written_at, feed_place, p_change);
        else
            update party_interaction set version = record_version, doc = p_doc, terms = p_terms, label = p_label,
                change_id = p_change, position = feed_place, updated_at = written_at
                where bucket = p_bucket and id = p_id;
        end if;
    end if;
    if p_relink then
        perform drop_links(p_id);
        if cardinality(p_attributes) > 0 then
            perform write_links(p_id, 'party_interaction', p_attributes, p_targets, p_kinds, p_roles, p_strict);
        end if;
    end if;
    insert into change_record values (feed_place, p_bucket, p_id, record_version, 'party_interaction', feed_operation, p_change);
end $$;

create function party_interaction_replace(
    p_bucket smallint, p_id uuid, p_expected bigint, p_doc jsonb, p_terms text[], p_label text, p_relink boolean,
    p_attributes text[], p_targets uuid[], p_kinds text[], p_roles text[], p_strict boolean[],
    p_change uuid, p_at timestamptz, p_client text, p_person text, p_purpose text, p_source text, p_reason text,
    p_request text, p_key_bucket smallint, p_key text, p_fingerprint bytea, p_trail uuid,
    p_operation text default null,
    out outcome text, out record_id uuid, out record_version bigint
) language plpgsql as $$
declare
    v_written record;
begin
    if p_key is not null then
        -- Who repeats a request waits here for the first one, and then finds its key.
        perform from party_interaction where bucket = p_bucket and id = p_id for update;
        if not found then
            perform from deleted_record where bucket = p_bucket and kind = 'party_interaction' and id = p_id for update;
        end if;
        select case when i.fingerprint = p_fingerprint then 'replayed' else 'reused' end, i.record_id, i.version
            into outcome, record_id, record_version
            from idempotency i where (i.bucket, i.client_id, i.key) = (p_key_bucket, p_client, p_key);
        if found then
            return;
        end if;
    end if;
    record_id := p_id;
    v_written := party_interaction_write(
        p_bucket, p_id, p_expected, p_doc, p_terms, p_label, p_relink, p_attributes, p_targets, p_kinds, p_roles, p_strict,
        p_change, p_at);
    outcome := v_written.outcome;
    record_version := v_written.record_version;
    if outcome not in ('done', 'unchanged') then
        return;
    end if;
    if p_key is not null then
        insert into idempotency values
            (p_key_bucket, p_client, p_key, p_fingerprint, 'party_interaction', p_id, record_version, p_at);
    end if;
    insert into trail values
        (bucket_of(p_trail), p_trail, p_at, p_client, p_person, p_purpose, v_written.feed_operation, 'party_interaction', outcome,
         array[p_id], p_request);
    if outcome = 'done' then
        insert into change values
            (bucket_of(p_change), p_change, v_written.feed_place, v_written.written_at, p_client, p_person, p_purpose,
             coalesce(p_operation, v_written.feed_operation), p_source, p_reason, p_request);
    end if;
end $$;

create index party_interaction_by_creationdate on party_interaction (coalesce(instant(doc ->> 'creationDate'), '-infinity'::timestamptz), bucket, id);

create index party_interaction_by_interactiondate_startdatetime on party_interaction (coalesce(-- Below an array may stand a class of the client's own, which may call anything by a word of ours.
(case when jsonb_typeof((doc #> '{interactionDate,startDateTime}')) = 'string' then instant_or_null((doc #> '{interactionDate,startDateTime}') #>> '{}') end), '-infinity'::timestamptz), bucket, id);

create index party_interaction_by_status on party_interaction ((coalesce(doc ->> 'status', '') collate "C"), bucket, id);

create table party_privacy_agreement (
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

alter table party_privacy_agreement alter column doc set storage external;

create index party_privacy_agreement_terms on party_privacy_agreement using gin (terms);

create index party_privacy_agreement_label on party_privacy_agreement using gin (label gin_trgm_ops);

create table party_privacy_agreement_history (
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

alter table party_privacy_agreement_history alter column doc set storage external;

create function party_privacy_agreement_create(
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
        insert into idempotency values (p_key_bucket, p_client, p_key, p_fingerprint, 'party_privacy_agreement', p_id, 1, p_at)
            on conflict do nothing;
        if not found then
            select case when i.fingerprint = p_fingerprint then 'replayed' else 'reused' end, i.record_id, i.version
                into outcome, record_id, record_version
                from idempotency i where (i.bucket, i.client_id, i.key) = (p_key_bucket, p_client, p_key);
            return;
        end if;
    end if;
    insert into party_privacy_agreement values (p_bucket, p_id, 1, p_doc, p_terms, p_label, p_change, v_position, p_at, p_at);
    insert into change values
        (bucket_of(p_change), p_change, v_position, p_at, p_client, p_person, p_purpose, 'create', p_source, p_reason, p_request);
    insert into change_record values (v_position, p_bucket, p_id, 1, 'party_privacy_agreement', 'create', p_change);
    if cardinality(p_attributes) > 0 then
        perform write_links(p_id, 'party_privacy_agreement', p_attributes, p_targets, p_kinds, p_roles, p_strict);
    end if;
    insert into trail values
        (bucket_of(p_trail), p_trail, p_at, p_client, p_person, p_purpose, 'create', 'party_privacy_agreement', 'done', array[p_id], p_request);
end $$;

create function party_privacy_agreement_write(
    p_bucket smallint, p_id uuid, p_expected bigint, p_doc jsonb, p_terms text[], p_label text, p_relink boolean,
    p_attributes text[], p_targets uuid[], p_kinds text[], p_roles text[], p_strict boolean[],
    p_change uuid, p_at timestamptz,
    out outcome text, out record_version bigint, out feed_operation text, out feed_place bigint, out written_at timestamptz
) language plpgsql as $$
declare
    v_old party_privacy_agreement%rowtype;
    v_gone deleted_record%rowtype;
begin
    feed_operation := case when p_doc is null then 'delete' else 'modify' end;
    -- The lock comes before the first write: a transaction gets its id, and so its position, only then.
    select * into v_old from party_privacy_agreement where bucket = p_bucket and id = p_id for update;
    if found then
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
        if v_old.doc = p_doc then
            outcome := 'unchanged';
            return;
        end if;
    else
        select * into v_gone from deleted_record
            where bucket = p_bucket and kind = 'party_privacy_agreement' and id = p_id and version = p_expected and p_doc is not null for update;
        if not found then
            outcome := 'absent';
            return;
        end if;
        feed_operation := 'create';
    end if;
    outcome := 'done';
    record_version := p_expected + 1;
    feed_place := feed_position();
    if coalesce(v_old.position, v_gone.position) > feed_place then
        raise serialization_failure using message = 'a later transaction wrote this record first';
    end if;
    -- Clocks of several servers may differ; a version's period must not be empty or negative.
    written_at := greatest(p_at, coalesce(v_old.updated_at, v_gone.deleted_at) + interval '1 microsecond');
    if feed_operation = 'create' then
        insert into party_privacy_agreement select h.bucket, h.id, record_version, p_doc, p_terms, p_label, p_change, feed_place,
            h.created_at, written_at
            from party_privacy_agreement_history h where h.bucket = p_bucket and h.id = p_id and h.version = p_expected - 1;
        delete from deleted_record where bucket = p_bucket and kind = 'party_privacy_agreement' and id = p_id;
    else
        insert into party_privacy_agreement_history values
            (v_old.bucket, v_old.id, v_old.version, v_old.doc, v_old.terms, v_old.label, v_old.change_id, v_old.position,
             v_old.created_at, v_old.updated_at, written_at, p_change);
        if feed_operation = 'delete' then
            delete from party_privacy_agreement where bucket = p_bucket and id = p_id;
            insert into deleted_record values
                (p_bucket, 'party_privacy_agreement', p_id, record_version, written_at, feed_place, p_change);
        else
            update party_privacy_agreement set version = record_version, doc = p_doc, terms = p_terms, label = p_label,
                change_id = p_change, position = feed_place, updated_at = written_at
                where bucket = p_bucket and id = p_id;
        end if;
    end if;
    if p_relink then
        perform drop_links(p_id);
        if cardinality(p_attributes) > 0 then
            perform write_links(p_id, 'party_privacy_agreement', p_attributes, p_targets, p_kinds, p_roles, p_strict);
        end if;
    end if;
    insert into change_record values (feed_place, p_bucket, p_id, record_version, 'party_privacy_agreement', feed_operation, p_change);
end $$;

create function party_privacy_agreement_replace(
    p_bucket smallint, p_id uuid, p_expected bigint, p_doc jsonb, p_terms text[], p_label text, p_relink boolean,
    p_attributes text[], p_targets uuid[], p_kinds text[], p_roles text[], p_strict boolean[],
    p_change uuid, p_at timestamptz, p_client text, p_person text, p_purpose text, p_source text, p_reason text,
    p_request text, p_key_bucket smallint, p_key text, p_fingerprint bytea, p_trail uuid,
    p_operation text default null,
    out outcome text, out record_id uuid, out record_version bigint
) language plpgsql as $$
declare
    v_written record;
begin
    if p_key is not null then
        -- Who repeats a request waits here for the first one, and then finds its key.
        perform from party_privacy_agreement where bucket = p_bucket and id = p_id for update;
        if not found then
            perform from deleted_record where bucket = p_bucket and kind = 'party_privacy_agreement' and id = p_id for update;
        end if;
        select case when i.fingerprint = p_fingerprint then 'replayed' else 'reused' end, i.record_id, i.version
            into outcome, record_id, record_version
            from idempotency i where (i.bucket, i.client_id, i.key) = (p_key_bucket, p_client, p_key);
        if found then
            return;
        end if;
    end if;
    record_id := p_id;
    v_written := party_privacy_agreement_write(
        p_bucket, p_id, p_expected, p_doc, p_terms, p_label, p_relink, p_attributes, p_targets, p_kinds, p_roles, p_strict,
        p_change, p_at);
    outcome := v_written.outcome;
    record_version := v_written.record_version;
    if outcome not in ('done', 'unchanged') then
        return;
    end if;
    if p_key is not null then
        insert into idempotency values
            (p_key_bucket, p_client, p_key, p_fingerprint, 'party_privacy_agreement', p_id, record_version, p_at);
    end if;
    insert into trail values
        (bucket_of(p_trail), p_trail, p_at, p_client, p_person, p_purpose, v_written.feed_operation, 'party_privacy_agreement', outcome,
         array[p_id], p_request);
    if outcome = 'done' then
        insert into change values
            (bucket_of(p_change), p_change, v_written.feed_place, v_written.written_at, p_client, p_person, p_purpose,
             coalesce(p_operation, v_written.feed_operation), p_source, p_reason, p_request);
    end if;
end $$;

create index party_privacy_agreement_by_agreementtype on party_privacy_agreement ((coalesce(doc ->> 'agreementType', '') collate "C"), bucket, id);

create index party_privacy_agreement_by_name on party_privacy_agreement ((coalesce(doc ->> 'name', '') collate "C"), bucket, id);

create index party_privacy_agreement_by_status on party_privacy_agreement ((coalesce(doc ->> 'status', '') collate "C"), bucket, id);

create table party_privacy_profile (
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

alter table party_privacy_profile alter column doc set storage external;

create index party_privacy_profile_terms on party_privacy_profile using gin (terms);

create index party_privacy_profile_label on party_privacy_profile using gin (label gin_trgm_ops);

create table party_privacy_profile_history (
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

alter table party_privacy_profile_history alter column doc set storage external;

create function party_privacy_profile_create(
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
        insert into idempotency values (p_key_bucket, p_client, p_key, p_fingerprint, 'party_privacy_profile', p_id, 1, p_at)
            on conflict do nothing;
        if not found then
            select case when i.fingerprint = p_fingerprint then 'replayed' else 'reused' end, i.record_id, i.version
                into outcome, record_id, record_version
                from idempotency i where (i.bucket, i.client_id, i.key) = (p_key_bucket, p_client, p_key);
            return;
        end if;
    end if;
    insert into party_privacy_profile values (p_bucket, p_id, 1, p_doc, p_terms, p_label, p_change, v_position, p_at, p_at);
    insert into change values
        (bucket_of(p_change), p_change, v_position, p_at, p_client, p_person, p_purpose, 'create', p_source, p_reason, p_request);
    insert into change_record values (v_position, p_bucket, p_id, 1, 'party_privacy_profile', 'create', p_change);
    if cardinality(p_attributes) > 0 then
        perform write_links(p_id, 'party_privacy_profile', p_attributes, p_targets, p_kinds, p_roles, p_strict);
    end if;
    insert into trail values
        (bucket_of(p_trail), p_trail, p_at, p_client, p_person, p_purpose, 'create', 'party_privacy_profile', 'done', array[p_id], p_request);
end $$;

create function party_privacy_profile_write(
    p_bucket smallint, p_id uuid, p_expected bigint, p_doc jsonb, p_terms text[], p_label text, p_relink boolean,
    p_attributes text[], p_targets uuid[], p_kinds text[], p_roles text[], p_strict boolean[],
    p_change uuid, p_at timestamptz,
    out outcome text, out record_version bigint, out feed_operation text, out feed_place bigint, out written_at timestamptz
) language plpgsql as $$
declare
    v_old party_privacy_profile%rowtype;
    v_gone deleted_record%rowtype;
begin
    feed_operation := case when p_doc is null then 'delete' else 'modify' end;
    -- The lock comes before the first write: a transaction gets its id, and so its position, only then.
    select * into v_old from party_privacy_profile where bucket = p_bucket and id = p_id for update;
    if found then
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
        if v_old.doc = p_doc then
            outcome := 'unchanged';
            return;
        end if;
    else
        select * into v_gone from deleted_record
            where bucket = p_bucket and kind = 'party_privacy_profile' and id = p_id and version = p_expected and p_doc is not null for update;
        if not found then
            outcome := 'absent';
            return;
        end if;
        feed_operation := 'create';
    end if;
    outcome := 'done';
    record_version := p_expected + 1;
    feed_place := feed_position();
    if coalesce(v_old.position, v_gone.position) > feed_place then
        raise serialization_failure using message = 'a later transaction wrote this record first';
    end if;
    -- Clocks of several servers may differ; a version's period must not be empty or negative.
    written_at := greatest(p_at, coalesce(v_old.updated_at, v_gone.deleted_at) + interval '1 microsecond');
    if feed_operation = 'create' then
        insert into party_privacy_profile select h.bucket, h.id, record_version, p_doc, p_terms, p_label, p_change, feed_place,
            h.created_at, written_at
            from party_privacy_profile_history h where h.bucket = p_bucket and h.id = p_id and h.version = p_expected - 1;
        delete from deleted_record where bucket = p_bucket and kind = 'party_privacy_profile' and id = p_id;
    else
        insert into party_privacy_profile_history values
            (v_old.bucket, v_old.id, v_old.version, v_old.doc, v_old.terms, v_old.label, v_old.change_id, v_old.position,
             v_old.created_at, v_old.updated_at, written_at, p_change);
        if feed_operation = 'delete' then
            delete from party_privacy_profile where bucket = p_bucket and id = p_id;
            insert into deleted_record values
                (p_bucket, 'party_privacy_profile', p_id, record_version, written_at, feed_place, p_change);
        else
            update party_privacy_profile set version = record_version, doc = p_doc, terms = p_terms, label = p_label,
                change_id = p_change, position = feed_place, updated_at = written_at
                where bucket = p_bucket and id = p_id;
        end if;
    end if;
    if p_relink then
        perform drop_links(p_id);
        if cardinality(p_attributes) > 0 then
            perform write_links(p_id, 'party_privacy_profile', p_attributes, p_targets, p_kinds, p_roles, p_strict);
        end if;
    end if;
    insert into change_record values (feed_place, p_bucket, p_id, record_version, 'party_privacy_profile', feed_operation, p_change);
end $$;

create function party_privacy_profile_replace(
    p_bucket smallint, p_id uuid, p_expected bigint, p_doc jsonb, p_terms text[], p_label text, p_relink boolean,
    p_attributes text[], p_targets uuid[], p_kinds text[], p_roles text[], p_strict boolean[],
    p_change uuid, p_at timestamptz, p_client text, p_person text, p_purpose text, p_source text, p_reason text,
    p_request text, p_key_bucket smallint, p_key text, p_fingerprint bytea, p_trail uuid,
    p_operation text default null,
    out outcome text, out record_id uuid, out record_version bigint
) language plpgsql as $$
declare
    v_written record;
begin
    if p_key is not null then
        -- Who repeats a request waits here for the first one, and then finds its key.
        perform from party_privacy_profile where bucket = p_bucket and id = p_id for update;
        if not found then
            perform from deleted_record where bucket = p_bucket and kind = 'party_privacy_profile' and id = p_id for update;
        end if;
        select case when i.fingerprint = p_fingerprint then 'replayed' else 'reused' end, i.record_id, i.version
            into outcome, record_id, record_version
            from idempotency i where (i.bucket, i.client_id, i.key) = (p_key_bucket, p_client, p_key);
        if found then
            return;
        end if;
    end if;
    record_id := p_id;
    v_written := party_privacy_profile_write(
        p_bucket, p_id, p_expected, p_doc, p_terms, p_label, p_relink, p_attributes, p_targets, p_kinds, p_roles, p_strict,
        p_change, p_at);
    outcome := v_written.outcome;
    record_version := v_written.record_version;
    if outcome not in ('done', 'unchanged') then
        return;
    end if;
    if p_key is not null then
        insert into idempotency values
            (p_key_bucket, p_client, p_key, p_fingerprint, 'party_privacy_profile', p_id, record_version, p_at);
    end if;
    insert into trail values
        (bucket_of(p_trail), p_trail, p_at, p_client, p_person, p_purpose, v_written.feed_operation, 'party_privacy_profile', outcome,
         array[p_id], p_request);
    if outcome = 'done' then
        insert into change values
            (bucket_of(p_change), p_change, v_written.feed_place, v_written.written_at, p_client, p_person, p_purpose,
             coalesce(p_operation, v_written.feed_operation), p_source, p_reason, p_request);
    end if;
end $$;

create index party_privacy_profile_by_creationdate on party_privacy_profile (coalesce(instant(doc ->> 'creationDate'), '-infinity'::timestamptz), bucket, id);

create index party_privacy_profile_by_name on party_privacy_profile ((coalesce(doc ->> 'name', '') collate "C"), bucket, id);

create index party_privacy_profile_by_status on party_privacy_profile ((coalesce(doc ->> 'status', '') collate "C"), bucket, id);

create table party_privacy_profile_specification (
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

alter table party_privacy_profile_specification alter column doc set storage external;

create index party_privacy_profile_specification_terms on party_privacy_profile_specification using gin (terms);

create index party_privacy_profile_specification_label on party_privacy_profile_specification using gin (label gin_trgm_ops);

create table party_privacy_profile_specification_history (
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

alter table party_privacy_profile_specification_history alter column doc set storage external;

create function party_privacy_profile_specification_create(
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
        insert into idempotency values (p_key_bucket, p_client, p_key, p_fingerprint, 'party_privacy_profile_specification', p_id, 1, p_at)
            on conflict do nothing;
        if not found then
            select case when i.fingerprint = p_fingerprint then 'replayed' else 'reused' end, i.record_id, i.version
                into outcome, record_id, record_version
                from idempotency i where (i.bucket, i.client_id, i.key) = (p_key_bucket, p_client, p_key);
            return;
        end if;
    end if;
    insert into party_privacy_profile_specification values (p_bucket, p_id, 1, p_doc, p_terms, p_label, p_change, v_position, p_at, p_at);
    insert into change values
        (bucket_of(p_change), p_change, v_position, p_at, p_client, p_person, p_purpose, 'create', p_source, p_reason, p_request);
    insert into change_record values (v_position, p_bucket, p_id, 1, 'party_privacy_profile_specification', 'create', p_change);
    if cardinality(p_attributes) > 0 then
        perform write_links(p_id, 'party_privacy_profile_specification', p_attributes, p_targets, p_kinds, p_roles, p_strict);
    end if;
    insert into trail values
        (bucket_of(p_trail), p_trail, p_at, p_client, p_person, p_purpose, 'create', 'party_privacy_profile_specification', 'done', array[p_id], p_request);
end $$;

create function party_privacy_profile_specification_write(
    p_bucket smallint, p_id uuid, p_expected bigint, p_doc jsonb, p_terms text[], p_label text, p_relink boolean,
    p_attributes text[], p_targets uuid[], p_kinds text[], p_roles text[], p_strict boolean[],
    p_change uuid, p_at timestamptz,
    out outcome text, out record_version bigint, out feed_operation text, out feed_place bigint, out written_at timestamptz
) language plpgsql as $$
declare
    v_old party_privacy_profile_specification%rowtype;
    v_gone deleted_record%rowtype;
begin
    feed_operation := case when p_doc is null then 'delete' else 'modify' end;
    -- The lock comes before the first write: a transaction gets its id, and so its position, only then.
    select * into v_old from party_privacy_profile_specification where bucket = p_bucket and id = p_id for update;
    if found then
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
        if v_old.doc = p_doc then
            outcome := 'unchanged';
            return;
        end if;
    else
        select * into v_gone from deleted_record
            where bucket = p_bucket and kind = 'party_privacy_profile_specification' and id = p_id and version = p_expected and p_doc is not null for update;
        if not found then
            outcome := 'absent';
            return;
        end if;
        feed_operation := 'create';
    end if;
    outcome := 'done';
    record_version := p_expected + 1;
    feed_place := feed_position();
    if coalesce(v_old.position, v_gone.position) > feed_place then
        raise serialization_failure using message = 'a later transaction wrote this record first';
    end if;
    -- Clocks of several servers may differ; a version's period must not be empty or negative.
    written_at := greatest(p_at, coalesce(v_old.updated_at, v_gone.deleted_at) + interval '1 microsecond');
    if feed_operation = 'create' then
        insert into party_privacy_profile_specification select h.bucket, h.id, record_version, p_doc, p_terms, p_label, p_change, feed_place,
            h.created_at, written_at
            from party_privacy_profile_specification_history h where h.bucket = p_bucket and h.id = p_id and h.version = p_expected - 1;
        delete from deleted_record where bucket = p_bucket and kind = 'party_privacy_profile_specification' and id = p_id;
    else
        insert into party_privacy_profile_specification_history values
            (v_old.bucket, v_old.id, v_old.version, v_old.doc, v_old.terms, v_old.label, v_old.change_id, v_old.position,
             v_old.created_at, v_old.updated_at, written_at, p_change);
        if feed_operation = 'delete' then
            delete from party_privacy_profile_specification where bucket = p_bucket and id = p_id;
            insert into deleted_record values
                (p_bucket, 'party_privacy_profile_specification', p_id, record_version, written_at, feed_place, p_change);
        else
            update party_privacy_profile_specification set version = record_version, doc = p_doc, terms = p_terms, label = p_label,
                change_id = p_change, position = feed_place, updated_at = written_at
                where bucket = p_bucket and id = p_id;
        end if;
    end if;
    if p_relink then
        perform drop_links(p_id);
        if cardinality(p_attributes) > 0 then
            perform write_links(p_id, 'party_privacy_profile_specification', p_attributes, p_targets, p_kinds, p_roles, p_strict);
        end if;
    end if;
    insert into change_record values (feed_place, p_bucket, p_id, record_version, 'party_privacy_profile_specification', feed_operation, p_change);
end $$;

create function party_privacy_profile_specification_replace(
    p_bucket smallint, p_id uuid, p_expected bigint, p_doc jsonb, p_terms text[], p_label text, p_relink boolean,
    p_attributes text[], p_targets uuid[], p_kinds text[], p_roles text[], p_strict boolean[],
    p_change uuid, p_at timestamptz, p_client text, p_person text, p_purpose text, p_source text, p_reason text,
    p_request text, p_key_bucket smallint, p_key text, p_fingerprint bytea, p_trail uuid,
    p_operation text default null,
    out outcome text, out record_id uuid, out record_version bigint
) language plpgsql as $$
declare
    v_written record;
begin
    if p_key is not null then
        -- Who repeats a request waits here for the first one, and then finds its key.
        perform from party_privacy_profile_specification where bucket = p_bucket and id = p_id for update;
        if not found then
            perform from deleted_record where bucket = p_bucket and kind = 'party_privacy_profile_specification' and id = p_id for update;
        end if;
        select case when i.fingerprint = p_fingerprint then 'replayed' else 'reused' end, i.record_id, i.version
            into outcome, record_id, record_version
            from idempotency i where (i.bucket, i.client_id, i.key) = (p_key_bucket, p_client, p_key);
        if found then
            return;
        end if;
    end if;
    record_id := p_id;
    v_written := party_privacy_profile_specification_write(
        p_bucket, p_id, p_expected, p_doc, p_terms, p_label, p_relink, p_attributes, p_targets, p_kinds, p_roles, p_strict,
        p_change, p_at);
    outcome := v_written.outcome;
    record_version := v_written.record_version;
    if outcome not in ('done', 'unchanged') then
        return;
    end if;
    if p_key is not null then
        insert into idempotency values
            (p_key_bucket, p_client, p_key, p_fingerprint, 'party_privacy_profile_specification', p_id, record_version, p_at);
    end if;
    insert into trail values
        (bucket_of(p_trail), p_trail, p_at, p_client, p_person, p_purpose, v_written.feed_operation, 'party_privacy_profile_specification', outcome,
         array[p_id], p_request);
    if outcome = 'done' then
        insert into change values
            (bucket_of(p_change), p_change, v_written.feed_place, v_written.written_at, p_client, p_person, p_purpose,
             coalesce(p_operation, v_written.feed_operation), p_source, p_reason, p_request);
    end if;
end $$;

create index party_privacy_profile_specification_by_lastupdate on party_privacy_profile_specification (coalesce(instant(doc ->> 'lastUpdate'), '-infinity'::timestamptz), bucket, id);

create index party_privacy_profile_specification_by_lifecyclestatus on party_privacy_profile_specification ((coalesce(doc ->> 'lifecycleStatus', '') collate "C"), bucket, id);

create index party_privacy_profile_specification_by_name on party_privacy_profile_specification ((coalesce(doc ->> 'name', '') collate "C"), bucket, id);

create table party_role (
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

alter table party_role alter column doc set storage external;

create index party_role_terms on party_role using gin (terms);

create index party_role_label on party_role using gin (label gin_trgm_ops);

create table party_role_history (
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

alter table party_role_history alter column doc set storage external;

create function party_role_create(
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
        insert into idempotency values (p_key_bucket, p_client, p_key, p_fingerprint, 'party_role', p_id, 1, p_at)
            on conflict do nothing;
        if not found then
            select case when i.fingerprint = p_fingerprint then 'replayed' else 'reused' end, i.record_id, i.version
                into outcome, record_id, record_version
                from idempotency i where (i.bucket, i.client_id, i.key) = (p_key_bucket, p_client, p_key);
            return;
        end if;
    end if;
    insert into party_role values (p_bucket, p_id, 1, p_doc, p_terms, p_label, p_change, v_position, p_at, p_at);
    insert into change values
        (bucket_of(p_change), p_change, v_position, p_at, p_client, p_person, p_purpose, 'create', p_source, p_reason, p_request);
    insert into change_record values (v_position, p_bucket, p_id, 1, 'party_role', 'create', p_change);
    if cardinality(p_attributes) > 0 then
        perform write_links(p_id, 'party_role', p_attributes, p_targets, p_kinds, p_roles, p_strict);
    end if;
    insert into trail values
        (bucket_of(p_trail), p_trail, p_at, p_client, p_person, p_purpose, 'create', 'party_role', 'done', array[p_id], p_request);
end $$;

create function party_role_write(
    p_bucket smallint, p_id uuid, p_expected bigint, p_doc jsonb, p_terms text[], p_label text, p_relink boolean,
    p_attributes text[], p_targets uuid[], p_kinds text[], p_roles text[], p_strict boolean[],
    p_change uuid, p_at timestamptz,
    out outcome text, out record_version bigint, out feed_operation text, out feed_place bigint, out written_at timestamptz
) language plpgsql as $$
declare
    v_old party_role%rowtype;
    v_gone deleted_record%rowtype;
begin
    feed_operation := case when p_doc is null then 'delete' else 'modify' end;
    -- The lock comes before the first write: a transaction gets its id, and so its position, only then.
    select * into v_old from party_role where bucket = p_bucket and id = p_id for update;
    if found then
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
        if v_old.doc = p_doc then
            outcome := 'unchanged';
            return;
        end if;
    else
        select * into v_gone from deleted_record
            where bucket = p_bucket and kind = 'party_role' and id = p_id and version = p_expected and p_doc is not null for update;
        if not found then
            outcome := 'absent';
            return;
        end if;
        feed_operation := 'create';
    end if;
    outcome := 'done';
    record_version := p_expected + 1;
    feed_place := feed_position();
    if coalesce(v_old.position, v_gone.position) > feed_place then
        raise serialization_failure using message = 'a later transaction wrote this record first';
    end if;
    -- Clocks of several servers may differ; a version's period must not be empty or negative.
    written_at := greatest(p_at, coalesce(v_old.updated_at, v_gone.deleted_at) + interval '1 microsecond');
    if feed_operation = 'create' then
        insert into party_role select h.bucket, h.id, record_version, p_doc, p_terms, p_label, p_change, feed_place,
            h.created_at, written_at
            from party_role_history h where h.bucket = p_bucket and h.id = p_id and h.version = p_expected - 1;
        delete from deleted_record where bucket = p_bucket and kind = 'party_role' and id = p_id;
    else
        insert into party_role_history values
            (v_old.bucket, v_old.id, v_old.version, v_old.doc, v_old.terms, v_old.label, v_old.change_id, v_old.position,
             v_old.created_at, v_old.updated_at, written_at, p_change);
        if feed_operation = 'delete' then
            delete from party_role where bucket = p_bucket and id = p_id;
            insert into deleted_record values
                (p_bucket, 'party_role', p_id, record_version, written_at, feed_place, p_change);
        else
            update party_role set version = record_version, doc = p_doc, terms = p_terms, label = p_label,
                change_id = p_change, position = feed_place, updated_at = written_at
                where bucket = p_bucket and id = p_id;
        end if;
    end if;
    if p_relink then
        perform drop_links(p_id);
        if cardinality(p_attributes) > 0 then
            perform write_links(p_id, 'party_role', p_attributes, p_targets, p_kinds, p_roles, p_strict);
        end if;
    end if;
    insert into change_record values (feed_place, p_bucket, p_id, record_version, 'party_role', feed_operation, p_change);
end $$;

create function party_role_replace(
    p_bucket smallint, p_id uuid, p_expected bigint, p_doc jsonb, p_terms text[], p_label text, p_relink boolean,
    p_attributes text[], p_targets uuid[], p_kinds text[], p_roles text[], p_strict boolean[],
    p_change uuid, p_at timestamptz, p_client text, p_person text, p_purpose text, p_source text, p_reason text,
    p_request text, p_key_bucket smallint, p_key text, p_fingerprint bytea, p_trail uuid,
    p_operation text default null,
    out outcome text, out record_id uuid, out record_version bigint
) language plpgsql as $$
declare
    v_written record;
begin
    if p_key is not null then
        -- Who repeats a request waits here for the first one, and then finds its key.
        perform from party_role where bucket = p_bucket and id = p_id for update;
        if not found then
            perform from deleted_record where bucket = p_bucket and kind = 'party_role' and id = p_id for update;
        end if;
        select case when i.fingerprint = p_fingerprint then 'replayed' else 'reused' end, i.record_id, i.version
            into outcome, record_id, record_version
            from idempotency i where (i.bucket, i.client_id, i.key) = (p_key_bucket, p_client, p_key);
        if found then
            return;
        end if;
    end if;
    record_id := p_id;
    v_written := party_role_write(
        p_bucket, p_id, p_expected, p_doc, p_terms, p_label, p_relink, p_attributes, p_targets, p_kinds, p_roles, p_strict,
        p_change, p_at);
    outcome := v_written.outcome;
    record_version := v_written.record_version;
    if outcome not in ('done', 'unchanged') then
        return;
    end if;
    if p_key is not null then
        insert into idempotency values
            (p_key_bucket, p_client, p_key, p_fingerprint, 'party_role', p_id, record_version, p_at);
    end if;
    insert into trail values
        (bucket_of(p_trail), p_trail, p_at, p_client, p_person, p_purpose, v_written.feed_operation, 'party_role', outcome,
         array[p_id], p_request);
    if outcome = 'done' then
        insert into change values
            (bucket_of(p_change), p_change, v_written.feed_place, v_written.written_at, p_client, p_person, p_purpose,
             coalesce(p_operation, v_written.feed_operation), p_source, p_reason, p_request);
    end if;
end $$;

create index party_role_by_name on party_role ((coalesce(doc ->> 'name', '') collate "C"), bucket, id);

create index party_role_by_role on party_role ((coalesce(doc ->> 'role', '') collate "C"), bucket, id);

create index party_role_by_status on party_role ((coalesce(doc ->> 'status', '') collate "C"), bucket, id);

create table party_role_specification (
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

alter table party_role_specification alter column doc set storage external;

create index party_role_specification_terms on party_role_specification using gin (terms);

create index party_role_specification_label on party_role_specification using gin (label gin_trgm_ops);

create table party_role_specification_history (
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

alter table party_role_specification_history alter column doc set storage external;

create function party_role_specification_create(
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
        insert into idempotency values (p_key_bucket, p_client, p_key, p_fingerprint, 'party_role_specification', p_id, 1, p_at)
            on conflict do nothing;
        if not found then
            select case when i.fingerprint = p_fingerprint then 'replayed' else 'reused' end, i.record_id, i.version
                into outcome, record_id, record_version
                from idempotency i where (i.bucket, i.client_id, i.key) = (p_key_bucket, p_client, p_key);
            return;
        end if;
    end if;
    insert into party_role_specification values (p_bucket, p_id, 1, p_doc, p_terms, p_label, p_change, v_position, p_at, p_at);
    insert into change values
        (bucket_of(p_change), p_change, v_position, p_at, p_client, p_person, p_purpose, 'create', p_source, p_reason, p_request);
    insert into change_record values (v_position, p_bucket, p_id, 1, 'party_role_specification', 'create', p_change);
    if cardinality(p_attributes) > 0 then
        perform write_links(p_id, 'party_role_specification', p_attributes, p_targets, p_kinds, p_roles, p_strict);
    end if;
    insert into trail values
        (bucket_of(p_trail), p_trail, p_at, p_client, p_person, p_purpose, 'create', 'party_role_specification', 'done', array[p_id], p_request);
end $$;

create function party_role_specification_write(
    p_bucket smallint, p_id uuid, p_expected bigint, p_doc jsonb, p_terms text[], p_label text, p_relink boolean,
    p_attributes text[], p_targets uuid[], p_kinds text[], p_roles text[], p_strict boolean[],
    p_change uuid, p_at timestamptz,
    out outcome text, out record_version bigint, out feed_operation text, out feed_place bigint, out written_at timestamptz
) language plpgsql as $$
declare
    v_old party_role_specification%rowtype;
    v_gone deleted_record%rowtype;
begin
    feed_operation := case when p_doc is null then 'delete' else 'modify' end;
    -- The lock comes before the first write: a transaction gets its id, and so its position, only then.
    select * into v_old from party_role_specification where bucket = p_bucket and id = p_id for update;
    if found then
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
        if v_old.doc = p_doc then
            outcome := 'unchanged';
            return;
        end if;
    else
        select * into v_gone from deleted_record
            where bucket = p_bucket and kind = 'party_role_specification' and id = p_id and version = p_expected and p_doc is not null for update;
        if not found then
            outcome := 'absent';
            return;
        end if;
        feed_operation := 'create';
    end if;
    outcome := 'done';
    record_version := p_expected + 1;
    feed_place := feed_position();
    if coalesce(v_old.position, v_gone.position) > feed_place then
        raise serialization_failure using message = 'a later transaction wrote this record first';
    end if;
    -- Clocks of several servers may differ; a version's period must not be empty or negative.
    written_at := greatest(p_at, coalesce(v_old.updated_at, v_gone.deleted_at) + interval '1 microsecond');
    if feed_operation = 'create' then
        insert into party_role_specification select h.bucket, h.id, record_version, p_doc, p_terms, p_label, p_change, feed_place,
            h.created_at, written_at
            from party_role_specification_history h where h.bucket = p_bucket and h.id = p_id and h.version = p_expected - 1;
        delete from deleted_record where bucket = p_bucket and kind = 'party_role_specification' and id = p_id;
    else
        insert into party_role_specification_history values
            (v_old.bucket, v_old.id, v_old.version, v_old.doc, v_old.terms, v_old.label, v_old.change_id, v_old.position,
             v_old.created_at, v_old.updated_at, written_at, p_change);
        if feed_operation = 'delete' then
            delete from party_role_specification where bucket = p_bucket and id = p_id;
            insert into deleted_record values
                (p_bucket, 'party_role_specification', p_id, record_version, written_at, feed_place, p_change);
        else
            update party_role_specification set version = record_version, doc = p_doc, terms = p_terms, label = p_label,
                change_id = p_change, position = feed_place, updated_at = written_at
                where bucket = p_bucket and id = p_id;
        end if;
    end if;
    if p_relink then
        perform drop_links(p_id);
        if cardinality(p_attributes) > 0 then
            perform write_links(p_id, 'party_role_specification', p_attributes, p_targets, p_kinds, p_roles, p_strict);
        end if;
    end if;
    insert into change_record values (feed_place, p_bucket, p_id, record_version, 'party_role_specification', feed_operation, p_change);
end $$;

create function party_role_specification_replace(
    p_bucket smallint, p_id uuid, p_expected bigint, p_doc jsonb, p_terms text[], p_label text, p_relink boolean,
    p_attributes text[], p_targets uuid[], p_kinds text[], p_roles text[], p_strict boolean[],
    p_change uuid, p_at timestamptz, p_client text, p_person text, p_purpose text, p_source text, p_reason text,
    p_request text, p_key_bucket smallint, p_key text, p_fingerprint bytea, p_trail uuid,
    p_operation text default null,
    out outcome text, out record_id uuid, out record_version bigint
) language plpgsql as $$
declare
    v_written record;
begin
    if p_key is not null then
        -- Who repeats a request waits here for the first one, and then finds its key.
        perform from party_role_specification where bucket = p_bucket and id = p_id for update;
        if not found then
            perform from deleted_record where bucket = p_bucket and kind = 'party_role_specification' and id = p_id for update;
        end if;
        select case when i.fingerprint = p_fingerprint then 'replayed' else 'reused' end, i.record_id, i.version
            into outcome, record_id, record_version
            from idempotency i where (i.bucket, i.client_id, i.key) = (p_key_bucket, p_client, p_key);
        if found then
            return;
        end if;
    end if;
    record_id := p_id;
    v_written := party_role_specification_write(
        p_bucket, p_id, p_expected, p_doc, p_terms, p_label, p_relink, p_attributes, p_targets, p_kinds, p_roles, p_strict,
        p_change, p_at);
    outcome := v_written.outcome;
    record_version := v_written.record_version;
    if outcome not in ('done', 'unchanged') then
        return;
    end if;
    if p_key is not null then
        insert into idempotency values
            (p_key_bucket, p_client, p_key, p_fingerprint, 'party_role_specification', p_id, record_version, p_at);
    end if;
    insert into trail values
        (bucket_of(p_trail), p_trail, p_at, p_client, p_person, p_purpose, v_written.feed_operation, 'party_role_specification', outcome,
         array[p_id], p_request);
    if outcome = 'done' then
        insert into change values
            (bucket_of(p_change), p_change, v_written.feed_place, v_written.written_at, p_client, p_person, p_purpose,
             coalesce(p_operation, v_written.feed_operation), p_source, p_reason, p_request);
    end if;
end $$;

create index party_role_specification_by_lifecyclestatus on party_role_specification ((coalesce(doc ->> 'lifecycleStatus', '') collate "C"), bucket, id);

create index party_role_specification_by_name on party_role_specification ((coalesce(doc ->> 'name', '') collate "C"), bucket, id);

create index party_role_specification_by_status on party_role_specification ((coalesce(doc ->> 'status', '') collate "C"), bucket, id);

create table settlement_account (
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

alter table settlement_account alter column doc set storage external;

create index settlement_account_terms on settlement_account using gin (terms);

create index settlement_account_label on settlement_account using gin (label gin_trgm_ops);

create table settlement_account_history (
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

alter table settlement_account_history alter column doc set storage external;

create function settlement_account_create(
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
        insert into idempotency values (p_key_bucket, p_client, p_key, p_fingerprint, 'settlement_account', p_id, 1, p_at)
            on conflict do nothing;
        if not found then
            select case when i.fingerprint = p_fingerprint then 'replayed' else 'reused' end, i.record_id, i.version
                into outcome, record_id, record_version
                from idempotency i where (i.bucket, i.client_id, i.key) = (p_key_bucket, p_client, p_key);
            return;
        end if;
    end if;
    insert into settlement_account values (p_bucket, p_id, 1, p_doc, p_terms, p_label, p_change, v_position, p_at, p_at);
    insert into change values
        (bucket_of(p_change), p_change, v_position, p_at, p_client, p_person, p_purpose, 'create', p_source, p_reason, p_request);
    insert into change_record values (v_position, p_bucket, p_id, 1, 'settlement_account', 'create', p_change);
    if cardinality(p_attributes) > 0 then
        perform write_links(p_id, 'settlement_account', p_attributes, p_targets, p_kinds, p_roles, p_strict);
    end if;
    insert into trail values
        (bucket_of(p_trail), p_trail, p_at, p_client, p_person, p_purpose, 'create', 'settlement_account', 'done', array[p_id], p_request);
end $$;

create function settlement_account_write(
    p_bucket smallint, p_id uuid, p_expected bigint, p_doc jsonb, p_terms text[], p_label text, p_relink boolean,
    p_attributes text[], p_targets uuid[], p_kinds text[], p_roles text[], p_strict boolean[],
    p_change uuid, p_at timestamptz,
    out outcome text, out record_version bigint, out feed_operation text, out feed_place bigint, out written_at timestamptz
) language plpgsql as $$
declare
    v_old settlement_account%rowtype;
    v_gone deleted_record%rowtype;
begin
    feed_operation := case when p_doc is null then 'delete' else 'modify' end;
    -- The lock comes before the first write: a transaction gets its id, and so its position, only then.
    select * into v_old from settlement_account where bucket = p_bucket and id = p_id for update;
    if found then
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
        if v_old.doc = p_doc then
            outcome := 'unchanged';
            return;
        end if;
    else
        select * into v_gone from deleted_record
            where bucket = p_bucket and kind = 'settlement_account' and id = p_id and version = p_expected and p_doc is not null for update;
        if not found then
            outcome := 'absent';
            return;
        end if;
        feed_operation := 'create';
    end if;
    outcome := 'done';
    record_version := p_expected + 1;
    feed_place := feed_position();
    if coalesce(v_old.position, v_gone.position) > feed_place then
        raise serialization_failure using message = 'a later transaction wrote this record first';
    end if;
    -- Clocks of several servers may differ; a version's period must not be empty or negative.
    written_at := greatest(p_at, coalesce(v_old.updated_at, v_gone.deleted_at) + interval '1 microsecond');
    if feed_operation = 'create' then
        insert into settlement_account select h.bucket, h.id, record_version, p_doc, p_terms, p_label, p_change, feed_place,
            h.created_at, written_at
            from settlement_account_history h where h.bucket = p_bucket and h.id = p_id and h.version = p_expected - 1;
        delete from deleted_record where bucket = p_bucket and kind = 'settlement_account' and id = p_id;
    else
        insert into settlement_account_history values
            (v_old.bucket, v_old.id, v_old.version, v_old.doc, v_old.terms, v_old.label, v_old.change_id, v_old.position,
             v_old.created_at, v_old.updated_at, written_at, p_change);
        if feed_operation = 'delete' then
            delete from settlement_account where bucket = p_bucket and id = p_id;
            insert into deleted_record values
                (p_bucket, 'settlement_account', p_id, record_version, written_at, feed_place, p_change);
        else
            update settlement_account set version = record_version, doc = p_doc, terms = p_terms, label = p_label,
                change_id = p_change, position = feed_place, updated_at = written_at
                where bucket = p_bucket and id = p_id;
        end if;
    end if;
    if p_relink then
        perform drop_links(p_id);
        if cardinality(p_attributes) > 0 then
            perform write_links(p_id, 'settlement_account', p_attributes, p_targets, p_kinds, p_roles, p_strict);
        end if;
    end if;
    insert into change_record values (feed_place, p_bucket, p_id, record_version, 'settlement_account', feed_operation, p_change);
end $$;

create function settlement_account_replace(
    p_bucket smallint, p_id uuid, p_expected bigint, p_doc jsonb, p_terms text[], p_label text, p_relink boolean,
    p_attributes text[], p_targets uuid[], p_kinds text[], p_roles text[], p_strict boolean[],
    p_change uuid, p_at timestamptz, p_client text, p_person text, p_purpose text, p_source text, p_reason text,
    p_request text, p_key_bucket smallint, p_key text, p_fingerprint bytea, p_trail uuid,
    p_operation text default null,
    out outcome text, out record_id uuid, out record_version bigint
) language plpgsql as $$
declare
    v_written record;
begin
    if p_key is not null then
        -- Who repeats a request waits here for the first one, and then finds its key.
        perform from settlement_account where bucket = p_bucket and id = p_id for update;
        if not found then
            perform from deleted_record where bucket = p_bucket and kind = 'settlement_account' and id = p_id for update;
        end if;
        select case when i.fingerprint = p_fingerprint then 'replayed' else 'reused' end, i.record_id, i.version
            into outcome, record_id, record_version
            from idempotency i where (i.bucket, i.client_id, i.key) = (p_key_bucket, p_client, p_key);
        if found then
            return;
        end if;
    end if;
    record_id := p_id;
    v_written := settlement_account_write(
        p_bucket, p_id, p_expected, p_doc, p_terms, p_label, p_relink, p_attributes, p_targets, p_kinds, p_roles, p_strict,
        p_change, p_at);
    outcome := v_written.outcome;
    record_version := v_written.record_version;
    if outcome not in ('done', 'unchanged') then
        return;
    end if;
    if p_key is not null then
        insert into idempotency values
            (p_key_bucket, p_client, p_key, p_fingerprint, 'settlement_account', p_id, record_version, p_at);
    end if;
    insert into trail values
        (bucket_of(p_trail), p_trail, p_at, p_client, p_person, p_purpose, v_written.feed_operation, 'settlement_account', outcome,
         array[p_id], p_request);
    if outcome = 'done' then
        insert into change values
            (bucket_of(p_change), p_change, v_written.feed_place, v_written.written_at, p_client, p_person, p_purpose,
             coalesce(p_operation, v_written.feed_operation), p_source, p_reason, p_request);
    end if;
end $$;

create index settlement_account_by_accounttype on settlement_account ((coalesce(doc ->> 'accountType', '') collate "C"), bucket, id);

create index settlement_account_by_name on settlement_account ((coalesce(doc ->> 'name', '') collate "C"), bucket, id);

create index settlement_account_by_state on settlement_account ((coalesce(doc ->> 'state', '') collate "C"), bucket, id);

-- Not looked at row by row here, where it would hold up every write: 0003 does.
alter table change drop constraint change_operation_check, add constraint change_operation_check
    check (operation in ('create', 'modify', 'delete', 'import', 'restore', 'undo')) not valid;
