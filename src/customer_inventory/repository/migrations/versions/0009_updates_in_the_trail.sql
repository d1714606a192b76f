drop function {kind}_replace(
    smallint, uuid, bigint, jsonb, text[], text, boolean, text[], uuid[], text[], text[], boolean[], uuid, timestamptz,
    text, text, text, text, text, text, smallint, text, bytea, uuid, text, boolean);

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
