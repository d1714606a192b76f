-- When a consent holds that an agreement gives from later on: from its beginning to its end, unless it was withdrawn or refused
-- since it was written. Empty for anything else.
create or replace function consent_ahead(p_fact consent_fact) returns tstzrange
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
create or replace function keep_consents_ahead(p_bucket smallint, p_party uuid, p_purpose text) returns void
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
create or replace function resolve_consent(p_fact consent_fact) returns void
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
create or replace function end_consent(p_fact consent_fact) returns void
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

-- Keep what an agreement says since a change, where that is news. What it said before and says no more has ended: then
-- another agreement that still gives the purpose holds, and without one nothing does.
create or replace function keep_agreement_consents(p_agreement uuid, p_change uuid) returns void
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
        where case when n.party_id is null then b.given when b.party_id is null then true
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

create or replace function consents_of_agreements() returns trigger
    language plpgsql as $$
begin
    if new.kind = 'party_privacy_agreement' then
        perform keep_agreement_consents(new.record_id, new.change_id);
    elsif new.kind in ('customer', 'party_role') then
        -- Its agreements are asked anew whose they are: it may have moved to another party.
        perform keep_agreement_consents(l.source_id, new.change_id) from link l
            where l.bucket = bucket_of(new.record_id) and l.target_id = new.record_id
                and l.source_kind = 'party_privacy_agreement' and l.attribute = 'engagedParty';
    else
        perform keep_agreement_consents(l.source_id, new.change_id) from link l
            where l.bucket = bucket_of(new.record_id) and l.target_id = new.record_id
                and l.source_kind = 'party_privacy_agreement' and l.attribute = 'partyPrivacyProfile';
    end if;
    return null;
end $$;

-- Whatever door an agreement came through, its consents are kept in the same transaction, when all else is written.
drop trigger change_record_consents on change_record;
create constraint trigger change_record_consents after insert on change_record deferrable initially deferred
    for each row when (
        new.kind in ('party_privacy_agreement', 'party_privacy_profile')
        or new.kind in ('customer', 'party_role') and new.operation = 'modify')
    execute function consents_of_agreements();

