create or replace function instant(value text) returns timestamptz
    language plpgsql immutable strict parallel safe as $$
begin
    return case
        when right(value, 1) in ('Z', 'z') or length(value) = 10 then value::timestamptz
        else (substring(value from '^(.*)[+-][0-9]{2}:?[0-9]{2}$') || 'Z')::timestamptz
            - (left(substring(value from '[+-][0-9]{2}:?[0-9]{2}$'), 3) || ':' || right(value, 2))::interval
        end;
end $$;

create or replace function instant_or_null(value text) returns timestamptz
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

create or replace function has_luhn(value text) returns boolean
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

create or replace function has_mod97(value text) returns boolean
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

create or replace function few_more(kept uuid[], id uuid, most integer) returns uuid[]
    language plpgsql immutable parallel safe as $$
begin
    return case when cardinality(kept) < most then kept || id else kept end;
end $$;

create aggregate few(uuid, integer) (
    sfunc = few_more, stype = uuid[], initcond = '{}', combinefunc = array_cat, parallel = safe
);
