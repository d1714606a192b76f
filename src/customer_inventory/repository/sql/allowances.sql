-- What clients have used of grants that have an amount: one row for each grant and period, begun anew with the period.

-- name: unwaited
set local synchronous_commit = off

-- name: use
insert into client_use (client_id, verb, kind, per, since, amount)
values (%(client_id)s, %(verb)s, %(kind)s, %(per)s, %(since)s, %(amount)s)
on conflict (client_id, verb, kind, per) do update
    set amount = excluded.amount + case when client_use.since < excluded.since then 0 else client_use.amount end,
        since = greatest(client_use.since, excluded.since)
    where excluded.amount + case when client_use.since < excluded.since then 0 else client_use.amount end <= %(most)s
returning amount
