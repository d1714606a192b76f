-- Who broke the glass, and what came of the review.

-- name: open_review
insert into access_review (id, person_id, login, kind, record_id, reason, opened_at, expires_at)
values (%(id)s, %(person_id)s, %(login)s, %(kind)s, %(record_id)s, %(reason)s, %(opened_at)s, %(expires_at)s)

-- name: broken
select id, login, kind, record_id, reason, opened_at, expires_at, closed_at, closed_by, remark from access_review
where person_id = %s and closed_at is null and expires_at > %s order by opened_at, id

-- name: open_reviews
select id, login, kind, record_id, reason, opened_at, expires_at, closed_at, closed_by, remark from access_review
where closed_at is null order by opened_at, id limit %s

-- name: closed_reviews
select id, login, kind, record_id, reason, opened_at, expires_at, closed_at, closed_by, remark from access_review
where closed_at is not null order by closed_at desc, id limit %s

-- name: review
select id, login, kind, record_id, reason, opened_at, expires_at, closed_at, closed_by, remark from access_review
where id = %s

-- name: close_review
-- Not by whoever broke the glass, whatever that person is called by now.
update access_review set closed_at = %s, closed_by = %s, remark = %s
where id = %s and closed_at is null and login <> %s
    and not exists (select from person p where p.id = access_review.person_id and p.login = %s)
