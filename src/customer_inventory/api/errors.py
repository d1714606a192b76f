"""The one error body, and the one place where an error becomes an HTTP answer (TMF630 part 1, 3.4; v5 schema Error)."""

from __future__ import annotations

import msgspec
import structlog

from customer_inventory.access.clients import InvalidClient
from customer_inventory.access.spending import AllowanceSpent
from customer_inventory.access.tokens import InvalidToken
from customer_inventory.api.exchange import Answer
from customer_inventory.api.spans import RangeNotSatisfiable
from customer_inventory.errors import Failure, InventoryError

_log = structlog.get_logger(__name__)


def error_body(*, code: str, reason: str, message: str, status: int, **more: str) -> bytes:
    """Return the error body every error of every door has."""
    return msgspec.json.encode(
        {"code": code, "reason": reason, "message": message, "status": str(status), "@type": "Error", **more}
    )


def error_answer(error: InventoryError, /, **more: str) -> Answer:
    """Return the HTTP answer that an error of the inventory stands for; `more` are members that ride along."""
    status = error.failure.status
    headers: list[tuple[bytes, bytes]] = []
    if isinstance(error, InvalidClient):
        headers.append((b"www-authenticate", b'Basic realm="customer-inventory"'))
    elif isinstance(error, InvalidToken):
        headers.append((b"www-authenticate", b'Bearer realm="customer-inventory", error="invalid_token"'))
    elif isinstance(error, RangeNotSatisfiable):
        headers.append((b"content-range", b"bytes */%d" % error.size))
    elif isinstance(error, AllowanceSpent):
        headers.append((b"retry-after", b"%d" % error.retry_after_s))
    elif error.failure is Failure.UNAVAILABLE:
        headers.append((b"retry-after", b"1"))
    body = error_body(code=error.code, reason=error.reason, message=error.message, status=status, **more)
    return Answer(status, body).plus(*headers)


def unexpected_answer(error: Exception, *, request_id: str) -> Answer:
    """Return the answer to an error nobody foresaw; what happened goes to the log, without values."""
    _log.error("unexpected error", error=type(error).__name__, request_id=request_id, where=where(error))
    return Answer(
        500,
        error_body(
            code="internal",
            reason="Something went wrong in the customer inventory.",
            message=f"The request could not be answered; the log names it {request_id}.",
            status=500,
        ),
    )


def where(error: Exception) -> list[str]:
    """Return the trace as file, line and function only: messages and values could hold customer data."""
    trace, lines = error.__traceback__, []
    while trace is not None:
        code = trace.tb_frame.f_code
        lines.append(f"{code.co_filename.rpartition('customer_inventory/')[2]}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return lines[-8:]
