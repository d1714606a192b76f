drop function keep_agreement_consents(uuid, uuid);

-- Keep what an agreement says since a change, where that is news. What it said before and says no more has ended: then
-- another agreement that still gives the purpose holds, and without one nothing does. Where only the role has moved whose
-- agreement it is, it gives whoever plays the role now nothing: they were not asked.
create or replace function keep_agreement_consents(p_agreement uuid, p_change uuid, p_moved boolean) returns void
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

create or replace function consents_of_agreements() returns trigger
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
