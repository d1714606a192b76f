-- Work that one of several servers does at a time (turns.py).

-- name: limits
-- Whatever database or role say: some work waits long for transactions that are open, in nobody's way.
set lock_timeout = 0

-- name: turn
-- Tried, never waited for; held until the connection ends.
select pg_try_advisory_lock(%s)
