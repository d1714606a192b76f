"""What must agree in the tables of an inventory at any moment, asked of the database itself and not of the stores."""

from __future__ import annotations

from typing import Any

import psycopg

INCONSISTENT = """
    with version as (
        select bucket, id, version, change_id, position, 'individual' as kind from individual
        union all select bucket, id, version, change_id, position, 'individual' from individual_history
        union all select bucket, id, version, change_id, position, 'organization' from organization
        union all select bucket, id, version, change_id, position, 'organization' from organization_history
        union all select bucket, id, version, change_id, position, 'customer' from customer
        union all select bucket, id, version, change_id, position, 'customer' from customer_history
    ), purged as (
        select unnest(record_ids) as id from trail where verb = 'purge'
    ), ended as (
        select bucket, id, version + 1 as version, superseded_by as change_id, superseded_at, 'individual' as kind
        from individual_history
        union all select bucket, id, version + 1, superseded_by, superseded_at, 'organization' from organization_history
        union all select bucket, id, version + 1, superseded_by, superseded_at, 'customer' from customer_history
    )
    select 'a version without its feed entry', id::text, version from version v where not exists (
        select from change_record r where (r.position, r.bucket, r.record_id, r.version, r.kind, r.change_id)
            = (v.position, v.bucket, v.id, v.version, v.kind, v.change_id) and r.operation <> 'delete')
    union all
    select 'a feed entry without its version', record_id::text, version from change_record r
    where r.operation <> 'delete' and r.record_id not in (select id from purged) and not exists (
        select from version v where (r.position, r.bucket, r.record_id, r.version, r.kind, r.change_id)
            = (v.position, v.bucket, v.id, v.version, v.kind, v.change_id))
    union all
    select 'a deletion that ended no version', record_id::text, version from change_record r
    where r.operation = 'delete' and r.record_id not in (select id from purged) and not exists (
        select from ended e where (r.bucket, r.record_id, r.version, r.kind, r.change_id)
            = (e.bucket, e.id, e.version, e.kind, e.change_id))
    union all
    select 'an ended version that nothing follows', id::text, version from ended e where not exists (
        select from change_record r where (r.bucket, r.record_id, r.version, r.kind, r.change_id)
            = (e.bucket, e.id, e.version, e.kind, e.change_id))
    union all
    select 'a first version that is not 1', id::text, min(version) from version group by id having min(version) <> 1
    union all
    select 'versions with a gap', record_id::text, max(version) from change_record
    group by record_id having max(version) <> count(*) or count(distinct version) <> count(*)
    union all
    select 'positions that do not rise with versions', record_id::text, version from (
        select record_id, version, position, lag(position) over (partition by record_id order by version) as former
        from change_record) as o where position < former
    union all
    select 'a feed entry without its change', record_id::text, version from change_record r where not exists (
        select from change c where (c.bucket, c.id, c.position) = (bucket_of(r.change_id), r.change_id, r.position))
    union all
    select 'a change without feed entries', id::text, 0 from change c where not exists (
        select from change_record r where (r.change_id, r.position) = (c.id, c.position))
    union all
    select 'a write without its trail entry', r.record_id::text, r.version from change_record r
    join change c on (c.bucket, c.id) = (bucket_of(r.change_id), r.change_id) where not exists (
        select from trail t where t.request_id = c.request_id and t.client_id = c.client_id and t.kind = r.kind
            and t.outcome = 'done' and r.record_id = any(t.record_ids))
    union all
    select 'a link from nothing', source_id::text, 0 from link l where not exists (
        select from version v where v.id = l.source_id) or exists (
        select from deleted_record d where d.id = l.source_id)
    union all
    select 'a link that is there at one end only', source_id::text, 0 from link l
    where (select count(*) from link o where (o.source_id, o.attribute, o.target_id, o.role)
           = (l.source_id, l.attribute, l.target_id, l.role))
        <> (select count(distinct b) from (values (bucket_of(l.source_id)), (bucket_of(l.target_id))) as e(b))
    union all
    select 'a record that is deleted and there', id::text, version from version v
    where (kind, id, version) in (select 'individual', id, version from individual
        union all select 'organization', id, version from organization
        union all select 'customer', id, version from customer)
        and (exists (select from deleted_record d where (d.id, d.kind) = (v.id, v.kind))
            or exists (select from change_record r where (r.record_id, r.version) = (v.id, v.version)
                and r.operation = 'delete'))
    union all
    select 'a deletion that is not written down', record_id::text, r.version from change_record r
    where r.operation = 'delete' and r.record_id not in (select id from purged) and not exists (
        select from change_record n where n.record_id = r.record_id and n.version > r.version)
        and not exists (select from deleted_record d where (d.id, d.kind, d.version, d.position, d.change_id)
            = (r.record_id, r.kind, r.version, r.position, r.change_id))
    union all
    select 'a deletion that never was', d.id::text, d.version from deleted_record d where not exists (
        select from change_record r where (r.record_id, r.kind, r.version, r.position, r.operation)
            = (d.id, d.kind, d.version, d.position, 'delete'))
    union all
    select 'a restoration of what was not deleted', record_id::text, r.version from change_record r
    where r.operation = 'create' and r.version > 1 and not exists (
        select from change_record d
        where (d.record_id, d.version, d.operation) = (r.record_id, r.version - 1, 'delete'))
    union all
    select 'an idempotency key of no version', record_id::text, version from idempotency i where not exists (
        select from change_record r where (r.record_id, r.version, r.kind) = (i.record_id, i.version, i.kind))
    union all
    select 'a version of what was purged', id::text, version from version where id in (select id from purged)
    union all
    select 'a record outside the bucket of its id', id::text, version from version where bucket <> bucket_of(id)
"""
"""Every way in which the tables of one inventory could contradict each other; no row when they agree."""


async def ask(conninfo: str, query: str, values: Any = None) -> list[tuple[Any, ...]]:
    """What a query answers, asked of the database itself and not of the stores."""
    async with await psycopg.AsyncConnection.connect(conninfo, autocommit=True) as connection:
        cursor = await connection.execute(query, values)
        return await cursor.fetchall() if cursor.description else []


async def assert_consistent(conninfo: str) -> None:
    """Fail when the tables of the inventory contradict each other."""
    contradictions = await ask(conninfo, INCONSISTENT + " limit 20")
    assert contradictions == []
