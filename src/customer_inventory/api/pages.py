"""Pages of a list: status, counts and links (TMF630 part 1, 4.5)."""

from __future__ import annotations

from customer_inventory.api.exchange import JSON, Answer
from customer_inventory.api.parameters import Asked
from customer_inventory.api.representation import represent_each
from customer_inventory.model.view import View
from customer_inventory.repository.lists import Page


def list_answer(view: View, page: Page, asked: Asked, *, path: str, public_url: str) -> Answer:
    """Return the answer that carries one page: 206 when more follows, 200 when this is the end."""
    bodies = list(represent_each(view, page.records, asked.fields, public_url=public_url))
    return page_answer(bodies, page, asked, path=path, public_url=public_url)


def page_answer(bodies: list[bytes], page: Page, asked: Asked, *, path: str, public_url: str) -> Answer:
    """Return the answer that carries `bodies`, the records of one page as JSON."""
    more = page.more_after if bodies else asked.query.limit == 0 and page.total.number > asked.query.offset
    headers = [
        JSON,
        (b"x-total-count", b"%d" % page.total.number),
        (b"x-result-count", b"%d" % len(bodies)),
    ]
    if not page.total.exact:
        headers.append((b"x-total-count-estimated", b"true"))
    if asked.paged or page.more_after:
        headers += _content_range(len(bodies), page, asked)
    links = _links(page, asked, f"{public_url}{path}")
    if links:
        headers.append((b"link", ", ".join(links).encode()))
    return Answer(206 if more else 200, b"[" + b",".join(bodies) + b"]", tuple(headers))


def _content_range(number: int, page: Page, asked: Asked) -> list[tuple[bytes, bytes]]:
    """The header that says which items these are, where that is known: not behind a cursor, nor for none."""
    if not number or asked.query.after is not None or asked.query.before is not None:
        return []
    first = asked.query.offset + 1
    total = str(page.total.number) if page.total.exact else "*"
    return [(b"content-range", f"items {first}-{first + number - 1}/{total}".encode())]


def _links(page: Page, asked: Asked, address: str) -> list[str]:
    """Links by offset for who pages by offset, by keyset for everybody else: those cost the same at any depth."""
    targets = _by_offset(page, asked) if asked.by_offset else _by_keyset(page, asked)
    kept = f"{asked.kept}&" if asked.kept else ""
    return [f'<{address}?{kept}limit={asked.query.limit}{rest}>; rel="{rel}"' for rel, rest in targets.items()]


def _by_offset(page: Page, asked: Asked) -> dict[str, str]:
    limit, offset, total = asked.query.limit, asked.query.offset, page.total.number
    if limit == 0:
        return {}
    targets = {"first": "&offset=0"}
    last = max(0, (total - 1) // limit * limit)
    if offset > 0:
        # From behind the end it leads back to where there is something again.
        before = min(offset - limit, last) if page.total.exact else offset - limit
        targets["prev"] = f"&offset={max(0, before)}"
    if page.more_after:
        targets["next"] = f"&offset={offset + limit}"
    if page.total.exact:
        targets["last"] = f"&offset={last}"
    return targets


def _by_keyset(page: Page, asked: Asked) -> dict[str, str]:
    if not (page.more_after or page.more_before) or asked.query.limit == 0:
        return {}
    targets = {"first": ""}
    if page.more_before and page.first:
        targets["prev"] = f"&before={page.first}"
    if page.more_after and page.last:
        targets["next"] = f"&after={page.last}"
    return targets
