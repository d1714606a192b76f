-- What was said last holds, whenever it was recorded; of two things said at once the withdrawal does.
create function resolve_consent(p_fact consent_fact) returns void
    language sql as $$
    insert into consent values (
        (p_fact).bucket, (p_fact).party_id, (p_fact).purpose, (p_fact).given, (p_fact).said_at, (p_fact).expires_at, (p_fact).id
    )
    on conflict (bucket, party_id, purpose) do update
        set given = excluded.given, said_at = excluded.said_at, expires_at = excluded.expires_at, fact_id = excluded.fact_id
        where (consent.said_at, not consent.given) <= (excluded.said_at, not excluded.given)
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
    ) o where o.given and coalesce(o.expires_at, 'infinity') > p_fact.said_at and not exists (
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
-- another agreement that still gives the purpose holds, and without one nothing does.
create function keep_agreement_consents(p_agreement uuid, p_change uuid) returns void
    language plpgsql as $$
declare
    v_change change%rowtype;
    v_news record;
    v_fact consent_fact%rowtype;
begin
    select * into v_change from change where bucket = bucket_of(p_change) and id = p_change;
    for v_news in
        select coalesce(n.party_id, b.party_id) as party_id, coalesce(n.purpose, b.purpose) as purpose,
            coalesce(n.given, false) as given, n.party_id is null as ended, b.party_id is not null as known, n.expires_at, n.document_version, n.evidence,
            case when b.party_id is null then least(n.starts_at, v_change.at) else v_change.at end as said_at
        from agreement_consents(p_agreement, v_change.at) n
        full join (
            select distinct on (f.party_id, f.purpose) f.* from consent_fact f
            where f.agreement_id = p_agreement and f.by_agreement order by f.party_id, f.purpose, f.recorded_at desc, f.id desc
        ) b on b.party_id = n.party_id and b.purpose = n.purpose
        where case when n.party_id is null then b.given when b.party_id is null then true
            else (n.given, n.expires_at, n.document_version) is distinct from (b.given, b.expires_at, b.document_version) end
        order by 1, 2
    loop
        insert into consent_fact values (
            bucket_of(v_news.party_id), gen_random_uuid(), v_news.party_id, v_news.purpose, v_news.given, v_news.said_at,
            v_news.expires_at, v_news.document_version, v_news.evidence, p_agreement, v_change.at, v_change.client_id,
            v_change.person, true
        ) returning * into v_fact;
        if v_news.ended then
            perform end_consent(v_fact);
        elsif v_news.given and v_news.known then
            perform renew_consent(v_fact);
        else
            perform resolve_consent(v_fact);
        end if;
    end loop;
end $$;

create function consents_of_agreements() returns trigger
    language plpgsql as $$
begin
    if new.kind = 'party_privacy_agreement' then
        perform keep_agreement_consents(new.record_id, new.change_id);
    else
        perform keep_agreement_consents(l.source_id, new.change_id) from link l
            where l.bucket = bucket_of(new.record_id) and l.target_id = new.record_id
                and l.source_kind = 'party_privacy_agreement' and l.attribute = 'partyPrivacyProfile';
    end if;
    return null;
end $$;

-- Whatever door an agreement came through, its consents are kept in the same transaction, when all else is written.
create constraint trigger change_record_consents after insert on change_record deferrable initially deferred
    for each row when (new.kind in ('party_privacy_agreement', 'party_privacy_profile'))
    execute function consents_of_agreements();
