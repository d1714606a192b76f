"""Metrics of one server, for whoever watches it: counts and times, nothing of a customer."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from customer_inventory import __version__
from customer_inventory.repository.privacy_requests import RequestCounts

_METHODS = frozenset({"GET", "HEAD", "POST", "PATCH", "DELETE", "PUT", "OPTIONS"})
_SECONDS = (0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class Metrics:
    """What is counted, for Prometheus; labels are resources, methods and status codes, never customer data."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = self._counter("requests", "Requests to the TM Forum APIs.", "resource", "method", "status")
        self._seconds = Histogram(
            "customer_inventory_request_seconds",
            "How long answers of the TM Forum APIs took, in seconds, without sending them.",
            ("resource", "method"),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._indexes = self._counter(
            "index_steps",
            "Indexes that were built or dropped as the catalogue asks, or were not, by what came of it.",
            "outcome",
        )
        self._index_seconds = self._counter(
            "index_seconds", "How long the work on indexes took, in seconds, by what came of it.", "outcome"
        )
        self._alarms = self._counter(
            "registration_alarms", "Alarms of processes that do what their registrations do not let expect.", "code"
        )
        self._privacy_requests = Gauge(
            "customer_inventory_privacy_requests",
            "Requests of people about their data that are open, by how near it is that they are due.",
            ("due",),
            registry=self.registry,
        )
        info = Gauge("customer_inventory_build_info", "The version that runs.", ("version",), registry=self.registry)
        info.labels(__version__).set(1)
        self._children: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"customer_inventory_{name}", text, labels, registry=self.registry)

    def measure(self, resource: str, method: str, status: int, seconds: float) -> None:
        """Count one answer and how long it took."""
        key = (resource, method if method in _METHODS else "other", status)
        children = self._children.get(key)
        if children is None:
            children = self._requests.labels(*map(str, key)), self._seconds.labels(resource, key[1])
            self._children[key] = children
        children[0].inc()
        children[1].observe(seconds)

    def measure_alarm(self, code: str) -> None:
        """Count one alarm of a registered process."""
        self._alarms.labels(code).inc()

    def show_privacy_requests(self, counts: RequestCounts) -> None:
        """Show how many privacy requests are open."""
        later = counts.open - counts.due_soon - counts.overdue
        for due, number in (("later", later), ("soon", counts.due_soon), ("overdue", counts.overdue)):
            self._privacy_requests.labels(due).set(number)

    def measure_index(self, outcome: str, seconds: float) -> None:
        """Count one step of work on the indexes, and how long it took."""
        self._indexes.labels(outcome).inc()
        self._index_seconds.labels(outcome).inc(seconds)


_SECONDS = (0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_METHODS = frozenset({"GET", "HEAD", "POST", "PATCH", "DELETE", "PUT", "OPTIONS"})
