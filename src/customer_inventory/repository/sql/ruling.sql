-- Pieces from which `ruling.py` and its neighbours compose what is asked of records. In braces stand other pieces; what
-- comes from outside is bound.
--
-- `offset 0` keeps the planner from merging a query with the one around it, which would take an attribute out of its
-- object every time that it is used. Workers of PostgreSQL's own do not share queries with queries in them, so a table is
-- cut into parts, and each has a connection.

-- name: begin
begin isolation level repeatable read, read only

-- name: export
-- What others need to see the same moment; how many blocks the table has, and how many workers a query may have here.
select pg_export_snapshot(), pg_relation_size('{kind}') / current_setting('block_size')::int,
    current_setting('max_parallel_workers_per_gather')::int + 1

-- name: weigh
-- Which rules are broken together, by records of which source, how many, and the ids of some.
select source, broken, count(*), {samples}
from (
    select id, source, case when {irregular} then array[{alone}]::bigint[] else array[{masks}]::bigint[] end as broken
    from (select id, source, doc{made} from {records} offset 0) l offset 0
) l
group by 1, 2

-- name: import
set transaction snapshot '{moment}'

-- name: samples
(few(id, {number}) filter (where broken <> {clean}))::text[]

-- name: rows
{kind} r {origin} where {where}

-- name: origin
left join change c on (c.bucket, c.id) = (bucket_of(r.change_id), r.change_id)

-- name: part
r.ctid >= '({first},0)'::tid and r.ctid < '({last},0)'::tid

-- name: last_part
r.ctid >= '({first},0)'::tid

-- name: of_class
r.doc ->> '@type' = {named}

-- name: of_use
not exists (
    select from restricted_record x join restriction y on y.id = x.restriction_id
    where x.bucket = r.bucket and x.record_id = r.id and (y.until is null or y.until > {at})
        and not ({purpose} = any(y.purposes)))

-- name: is_irregular
{mask} >= {irregular}

-- name: column
, {made} as {name}

-- name: level
(select {columns}{made} from {rows} offset 0) l

-- name: value
{object} -> '{name}'

-- name: text
{object} ->> '{name}'

-- name: bit
case when {test} then {bits} else 0 end

-- name: tested
-- What may be an object or an array, or a number that can be written with fewer digits, tells so by its first character.
case when {text} is null then 0 when ascii({text}) in (91, 123) or ascii({text}) < 58 and {text} like '%%.%%0' then {irregular} else {bits} end

-- name: of_object
case when {value} is null then 0 else {bits} end

-- name: of_array
case when {value} is null then 0 when {first} is null then
    case when jsonb_typeof({value}) in ('array', 'null') then 0 else {irregular} end
    when {beyond} is null then {few} else {many} end

-- name: elements
(select {value} -> generate_series(0, jsonb_array_length({value}) - 1) as {name}) l

-- name: passed_on
({found} & {bits})

-- name: found
({found} & {bit}) <> 0

-- name: missed
({found} & {bit}) = 0

-- name: by_name
case {name} {cases} else 0 end

-- name: when_named
when {name} then {bits}

-- name: of_text
case when jsonb_typeof({value}) = 'string' then {bits} else 0 end

-- name: blank
({text} is null or {text} = '')

-- name: not_blank
{text} <> ''

-- name: absent
{value} is null

-- name: any
exists (select from {sources} where {tests})

-- name: follow_each
jsonb_path_query({holder}, {path}) {name}

-- name: is_there
jsonb_typeof({value}) <> 'null'

-- name: is_filled
(jsonb_typeof({value}) <> 'null' and {value} <> '""')

-- name: is_named
(jsonb_typeof({element}) = 'object' and {element} -> 'name' = to_jsonb({name}))

-- name: is_type
jsonb_typeof({value}) = {type}

-- name: is_whole
{number} %% 1 = 0

-- name: plain_second
(octet_length({text}) = 20 and right({text}, 7) = any({seconds}) and left({text}, 4) = any({years})
    and left(right({text}, 16), 9) = any({hours}))

-- name: one_of
{text} = any({codes})

-- name: fits
{text} ~ {pattern}

-- name: fits_or_known
({text} = any({codes}) or {fits})

-- name: fits_when_short
(case when octet_length({text}) <= {length} then {short} else {long} end)

-- name: at_least
-- A character has one byte at least and four at most.
(octet_length({text}) >= {sure} or length({text}) >= {length})

-- name: at_most
(octet_length({text}) <= {length} or length({text}) <= {length})

-- name: number
(case when jsonb_typeof({value}) = 'number' then {asked} else false end)

-- name: sized
{number} {sign} {bound}

-- name: moment
(case when {plain} then {sized} {day} else {read} end)

-- name: text_sized
{text} {sign} {bound}

-- name: is_read
instant_or_null({text}) is not null

-- name: read_least
-- PostgreSQL keeps microseconds, and would round what is said of parts of them.
instant_or_null(regexp_replace({text}, '([.][0-9]{{6}})[0-9]+', '\1')) >= instant({bound})

-- name: read_most
(instant_or_null(regexp_replace({text}, '([.][0-9]{{6}})[0-9]+', '\1')) < instant({bound})
    or instant_or_null(regexp_replace({text}, '([.][0-9]{{6}})[0-9]+', '\1')) = instant({bound})
    and {text} !~ '[.][0-9]{{6}}0*[1-9]')

-- name: checked
{algorithm}({text})

-- name: true
(({clause}) is true)

-- name: there
({text} is not null)

-- name: equal
{text} = {literal}

-- name: equal_typed
({text} = {literal} and jsonb_typeof({value}) = {type})

-- name: moments
case when {left_plain} and {right_plain} then {left} {sign} {right} else {read} end

-- name: value_of
({object} -> '{name}')

-- name: element
{array} -> {index}

-- name: odd_text
({text} is not null and (ascii({text}) in (91, 123) or ascii({text}) < 58 and {text} like '%%.%%0'))

-- name: no_object
({nothing} and jsonb_typeof({value}) <> 'object')

-- name: holds_some
(case when {value} is null then false else jsonb_typeof({value}) <> 'null' end)

-- name: of_elements
case when {value} is null then 0 when jsonb_typeof({value}) = 'array' then
    coalesce((select bit_or({bits}) from {rows}), 0) else {irregular} end

-- name: is_string
-- A text that begins as no number, truth, object or array does is nothing else.
(ascii({text}) not in (45, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 91, 102, 116, 123) or jsonb_typeof({value}) = 'string')

-- name: fits_shape
({text} like {shape} and octet_length(translate({text}, {letters}, '')) = {others} and {runs})

-- name: fits_run
({text} like {shape} and {runs})

-- name: odd_value
({text} is null and {value} is not null)

-- name: loose
case when ascii({text}) in (91, 123) then {irregular}
    when ascii({text}) < 58 and {text} like '%%.%%0' then {number} else {bits} end

-- name: tested_exactly
case when {text} is not null then {bits} when {value} is null then 0 else {irregular} end

-- name: tested_loosely
case when {text} is null then 0 else {bits} end

-- name: when_day
when octet_length({text}) = 10 and right({text}, 6) = any({days}) and left({text}, 4) = any({years}) then {sized}

-- name: longer_than_day
(octet_length({text}) > 10 and {read})

-- name: tested_number
case when {value} is null or {bits} = 0 then 0 when jsonb_typeof({value}) in ('array', 'null') then {irregular}
    else {bits} end
