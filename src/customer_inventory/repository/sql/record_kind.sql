-- One kind of record: its table, its history and its three write functions, all of one shape. `{kind}` is replaced by
-- the table's name (repository/kinds.py) because PostgreSQL caches plans for fixed table names only: with EXECUTE a
-- write cost 2.5 times as much.

create table {kind} (
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
) with (fillfactor = 90, toast_tuple_target = 8128);

-- Documents stay uncompressed and inline: scans cost a quarter, the table grows 1.9 times (DESIGN 3). Not up to the 8,160
-- bytes that a page can hold: with that target PostgreSQL kept rows of a few bytes more, and then refused them.
alter table {kind} alter column doc set storage external;
-- New entries wait in a pending list, whose length each connection bounds for itself (connections.py, bulk.py).
create index {kind}_terms on {kind} using gin (terms);
create index {kind}_label on {kind} using gin (label gin_trgm_ops);

create table {kind}_history (
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
) with (toast_tuple_target = 8128);
alter table {kind}_history alter column doc set storage external;

-- Write a new record, its change, links and trail entry in one transaction. Returns what happened: 'done', or with an
-- idempotency key seen before 'replayed' (with the record and version of the first time) or 'reused' (another request).
create function {kind}_create(
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
        insert into idempotency values (p_key_bucket, p_client, p_key, p_fingerprint, '{kind}', p_id, 1, p_at)
            on conflict do nothing;
        if not found then
            select case when i.fingerprint = p_fingerprint then 'replayed' else 'reused' end, i.record_id, i.version
                into outcome, record_id, record_version
                from idempotency i where (i.bucket, i.client_id, i.key) = (p_key_bucket, p_client, p_key);
            return;
        end if;
    end if;
    insert into {kind} values (p_bucket, p_id, 1, p_doc, p_terms, p_label, p_change, v_position, p_at, p_at);
    insert into change values
        (bucket_of(p_change), p_change, v_position, p_at, p_client, p_person, p_purpose, 'create', p_source, p_reason, p_request);
    insert into change_record values (v_position, p_bucket, p_id, 1, '{kind}', 'create', p_change);
    if cardinality(p_attributes) > 0 then
        perform write_links(p_id, '{kind}', p_attributes, p_targets, p_kinds, p_roles, p_strict);
    end if;
    insert into trail values
        (bucket_of(p_trail), p_trail, p_at, p_client, p_person, p_purpose, 'create', '{kind}', 'done', array[p_id], p_request);
end $$;

-- Write one version of a record, as part of a change: replace version `p_expected` (p_doc null: delete it), moving what was
-- to history, or with the number of its deletion bring a deleted record back. Outcomes: 'done', 'unchanged', 'absent',
-- 'stale' (another version is there now), 'referenced' (a strict reference forbids the delete). Raises
-- serialization_failure when a later transaction wrote the record first: the caller tries again, so that a record's
-- versions always carry rising positions and the feed keeps their order. `p_always`: a version like the one before is
-- written too, since a number that stays would tell who may not read that a guess was right.
create function {kind}_write(
    p_bucket smallint, p_id uuid, p_expected bigint, p_doc jsonb, p_terms text[], p_label text, p_relink boolean,
    p_attributes text[], p_targets uuid[], p_kinds text[], p_roles text[], p_strict boolean[],
    p_change uuid, p_at timestamptz, p_always boolean default false,
    out outcome text, out record_version bigint, out feed_operation text, out feed_place bigint, out written_at timestamptz
) language plpgsql as $$
declare
    v_old {kind}%rowtype;
    v_gone deleted_record%rowtype;
begin
    feed_operation := case when p_doc is null then 'delete' else 'modify' end;
    -- The lock comes before the first write: a transaction gets its id, and so its position, only then.
    select * into v_old from {kind} where bucket = p_bucket and id = p_id for update;
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
        if v_old.doc = p_doc and not p_always then
            outcome := 'unchanged';
            return;
        end if;
    else
        select * into v_gone from deleted_record
            where bucket = p_bucket and kind = '{kind}' and id = p_id and version = p_expected and p_doc is not null for update;
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
        insert into {kind} select h.bucket, h.id, record_version, p_doc, p_terms, p_label, p_change, feed_place,
            h.created_at, written_at
            from {kind}_history h where h.bucket = p_bucket and h.id = p_id and h.version = p_expected - 1;
        delete from deleted_record where bucket = p_bucket and kind = '{kind}' and id = p_id;
    else
        insert into {kind}_history values
            (v_old.bucket, v_old.id, v_old.version, v_old.doc, v_old.terms, v_old.label, v_old.change_id, v_old.position,
             v_old.created_at, v_old.updated_at, written_at, p_change);
        if feed_operation = 'delete' then
            delete from {kind} where bucket = p_bucket and id = p_id;
            insert into deleted_record values
                (p_bucket, '{kind}', p_id, record_version, written_at, feed_place, p_change);
        else
            update {kind} set version = record_version, doc = p_doc, terms = p_terms, label = p_label,
                change_id = p_change, position = feed_place, updated_at = written_at
                where bucket = p_bucket and id = p_id;
        end if;
    end if;
    if p_relink then
        perform drop_links(p_id);
        if cardinality(p_attributes) > 0 then
            perform write_links(p_id, '{kind}', p_attributes, p_targets, p_kinds, p_roles, p_strict);
        end if;
    end if;
    insert into change_record values (feed_place, p_bucket, p_id, record_version, '{kind}', feed_operation, p_change);
end $$;

-- Write one version of a record as a change of its own, with its trail entry, in one transaction. Outcomes: those of
-- {kind}_write, and 'replayed' and 'reused' as above. `p_operation` is what the change is called when that is not what
-- it does to the record, `p_verb` the same for the trail: who replaces a record whole updates it.
create function {kind}_replace(
    p_bucket smallint, p_id uuid, p_expected bigint, p_doc jsonb, p_terms text[], p_label text, p_relink boolean,
    p_attributes text[], p_targets uuid[], p_kinds text[], p_roles text[], p_strict boolean[],
    p_change uuid, p_at timestamptz, p_client text, p_person text, p_purpose text, p_source text, p_reason text,
    p_request text, p_key_bucket smallint, p_key text, p_fingerprint bytea, p_trail uuid,
    p_operation text default null, p_always boolean default false, p_verb text default null,
    out outcome text, out record_id uuid, out record_version bigint
) language plpgsql as $$
declare
    v_written record;
begin
    if p_key is not null then
        -- Who repeats a request waits here for the first one, and then finds its key.
        perform from {kind} where bucket = p_bucket and id = p_id for update;
        if not found then
            perform from deleted_record where bucket = p_bucket and kind = '{kind}' and id = p_id for update;
        end if;
        select case when i.fingerprint = p_fingerprint then 'replayed' else 'reused' end, i.record_id, i.version
            into outcome, record_id, record_version
            from idempotency i where (i.bucket, i.client_id, i.key) = (p_key_bucket, p_client, p_key);
        if found then
            return;
        end if;
    end if;
    record_id := p_id;
    v_written := {kind}_write(
        p_bucket, p_id, p_expected, p_doc, p_terms, p_label, p_relink, p_attributes, p_targets, p_kinds, p_roles, p_strict,
        p_change, p_at, p_always);
    outcome := v_written.outcome;
    record_version := v_written.record_version;
    if outcome not in ('done', 'unchanged') then
        return;
    end if;
    if p_key is not null then
        insert into idempotency values
            (p_key_bucket, p_client, p_key, p_fingerprint, '{kind}', p_id, record_version, p_at);
    end if;
    insert into trail values
        (bucket_of(p_trail), p_trail, p_at, p_client, p_person, p_purpose, coalesce(p_verb, v_written.feed_operation),
         '{kind}', outcome, array[p_id], p_request);
    if outcome = 'done' then
        insert into change values
            (bucket_of(p_change), p_change, v_written.feed_place, v_written.written_at, p_client, p_person, p_purpose,
             coalesce(p_operation, v_written.feed_operation), p_source, p_reason, p_request);
    end if;
end $$;
