-- Pieces from which `conditions.py`, `selections.py` and `order.py` compose filters and sorts. In braces: `{v}` an
-- expression of type jsonb, the rest pieces of this file; every value from outside is a bound parameter.

-- name: equals
terms && %s::text[]

-- name: equals_few
terms && (select %s::text[]) and terms && (select %s::text[])

-- name: identified
(bucket, id) in (select bucket_of(i), i from unnest(%s::uuid[]) as i)

-- name: own
doc -> '{name}'

-- name: found
-- An array may lie on the way: any element may match (TMF630 part 1, 4.4).
exists (select from jsonb_path_query(doc, %s::jsonpath) v where {test})

-- name: there
exists (select from jsonb_path_query(doc, %s::jsonpath) v where jsonb_typeof(v) <> 'null')

-- name: follow
jsonb_path_query({v}, %s::jsonpath) {alias}

-- name: own_id
(values (to_jsonb(id::text))) {alias}({alias})

-- name: least
coalesce((select min({value}) from jsonb_path_query(doc, '{path}') v), {missing})

-- name: greatest
coalesce((select max({value}) from jsonb_path_query(doc, '{path}') v), {missing})

-- name: as_text
(case when jsonb_typeof({v}) = 'string' then {v} #>> '{{}}' end collate "C")

-- name: as_truth
(case when jsonb_typeof({v}) = 'boolean' then {v} #>> '{{}}' end collate "C")

-- name: as_number
(case when jsonb_typeof({v}) = 'number' then ({v})::numeric end)

-- name: as_number_text
(case when jsonb_typeof({v}) = 'number' then trim_scale(({v})::numeric)::text end collate "C")

-- name: as_instant
-- Below an array may stand a class of the client's own, which may call anything by a word of ours.
(case when jsonb_typeof({v}) = 'string' then instant_or_null({v} #>> '{{}}') end)

-- name: as_any_text
(case jsonb_typeof({v}) when 'string' then {v} #>> '{{}}' when 'boolean' then {v} #>> '{{}}'
    when 'number' then trim_scale(({v})::numeric)::text end collate "C")

-- name: length
(case jsonb_typeof({v}) when 'array' then jsonb_array_length({v}) when 'string' then length({v} #>> '{{}}')
    when 'object' then (select count(*) from jsonb_object_keys({v})) end)

-- name: shown
-- What an earlier version shows of an attribute, made from each of the objects that have it.
exists (select from jsonb_path_query(doc, %s::jsonpath) o, jsonb_path_query({value}, '$[*]') v where {test})

-- name: shown_there
exists (select from jsonb_path_query(doc, %s::jsonpath) o where jsonb_typeof({value}) <> 'null')

-- name: shown_least
coalesce((select min({typed}) from jsonb_path_query(doc, '{path}') o, jsonb_path_query({value}, '$[*]') v), {missing})

-- name: shown_greatest
coalesce((select max({typed}) from jsonb_path_query(doc, '{path}') o, jsonb_path_query({value}, '$[*]') v), {missing})

-- name: shown_follow
lateral (values ({value})) {alias}({alias})

-- name: shown_word
('{words}'::jsonb -> ({v} #>> '{{}}'))

-- name: shown_respelled
coalesce('{words}'::jsonb -> ({v} #>> '{{}}'), {v})

-- name: shown_numeral
(case when jsonb_typeof({v}) = 'number' and {v} #>> '{{}}' ~ '^-?[0-9]+$' then to_jsonb({v} #>> '{{}}') else {v} end)

-- name: shown_collection
(case when jsonb_typeof({v}) = 'string' then to_jsonb(split_part({v} #>> '{{}}', '/', -2)) end)

-- name: shown_ends
(case when jsonb_typeof({v}) = 'string' then to_jsonb(right({v} #>> '{{}}', {length}) = '{ending}') end)

-- name: shown_unless
(case when jsonb_typeof({v}) = 'string' and right({v} #>> '{{}}', {length}) <> '{ending}' then {v} end)
