"""From where a request comes: proxies are believed only where they are trusted, and only from the right."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_inventory.api.peers import Peers, trusted_networks
from customer_inventory.settings import InvalidSetting

PEERS = Peers(trusted_networks(["10.0.0.0/8", "fd00::/8"]))


def seen(peer: str | None, *headers: tuple[str, str]) -> str | None:
    scope = {
        "type": "http",
        "client": (peer, 1) if peer else None,
        "scheme": "http",
        "headers": [(name.encode(), value.encode()) for name, value in headers],
    }
    client = PEERS.through(scope)["client"]
    return client[0] if client else None


X, F = "x-forwarded-for", "forwarded"


@pytest.mark.parametrize(
    ("peer", "headers", "found"),
    [
        # Nobody is believed who is not trusted.
        ("203.0.113.9", [(X, "10.1.0.5")], "203.0.113.9"),
        ("203.0.113.9", [(F, "for=10.1.0.5")], "203.0.113.9"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", [(X, "203.0.113.9")], "203.0.113.9"),
        # What the client wrote itself stands to the left of what the proxy added.
        ("10.0.0.1", [(X, "10.1.0.5, 203.0.113.9")], "203.0.113.9"),
        ("10.0.0.1", [(X, "10.1.0.5"), (X, "203.0.113.9")], "203.0.113.9"),
        ("10.0.0.1", [(X, "192.0.2.1, 203.0.113.9, 10.0.0.2")], "203.0.113.9"),
        ("10.0.0.1", [(X, "10.0.0.3, 10.0.0.2")], "10.0.0.3"),
        ("10.0.0.1", [(X, "203.0.113.9:4711")], "203.0.113.9"),
        ("10.0.0.1", [(X, "[2001:db8::1]:4711")], "2001:db8::1"),
        ("10.0.0.1", [(X, "::ffff:203.0.113.9")], "203.0.113.9"),
        ("::ffff:10.0.0.1", [(X, "203.0.113.9")], "203.0.113.9"),
        ("fd00::1%eth0", [(X, "203.0.113.9")], "203.0.113.9"),
        ("10.0.0.1", [(F, 'for=10.1.0.5, for="[2001:db8::1]:4711";proto=https;by=10.0.0.1')], "2001:db8::1"),
        ("10.0.0.1", [(F, 'For="203.0.113.9:80"')], "203.0.113.9"),
        # A comma within quotes parts nothing.
        ("10.0.0.1", [(F, 'for=203.0.113.9;x="a, for=10.1.0.5"')], "203.0.113.9"),
        # Who hides, or says nothing that can be read, is nowhere.
        ("10.0.0.1", [(F, "for=unknown")], None),
        ("10.0.0.1", [(F, "for=_hidden")], None),
        ("10.0.0.1", [(F, "for=203.0.113.9, proto=https")], None),
        ("10.0.0.1", [(F, 'for="203.0.113.9')], None),
        ("10.0.0.1", [(X, "203.0.113.9,")], None),
        ("10.0.0.1", [(X, "<script>")], None),
        # Two headers that disagree: one of them is the client's own.
        ("10.0.0.1", [(X, "203.0.113.9"), (F, "for=10.1.0.5")], None),
        ("10.0.0.1", [(X, "203.0.113.9"), (F, "for=203.0.113.9")], "203.0.113.9"),
        (None, [(X, "10.0.0.1")], None),
    ],
)
def test_from_where_a_request_comes(peer: str | None, headers: list[tuple[str, str]], found: str | None) -> None:
    assert seen(peer, *headers) == found


def test_more_hops_than_anybody_has_are_not_followed() -> None:
    assert seen("10.0.0.1", (X, ", ".join(["203.0.113.9", *["10.0.0.2"] * 5000]))) == "10.0.0.2"


@pytest.mark.parametrize(
    ("peer", "headers", "scheme"),
    [
        ("10.0.0.1", [("x-forwarded-proto", "https")], "https"),
        ("10.0.0.1", [("x-forwarded-proto", "https, http")], "http"),
        ("10.0.0.1", [(F, "for=203.0.113.9;proto=https")], "https"),
        ("203.0.113.9", [("x-forwarded-proto", "https")], "http"),
    ],
)
def test_by_which_scheme_the_proxy_was_asked(peer: str, headers: list[tuple[str, str]], scheme: str) -> None:
    fields = [(name.encode(), value.encode()) for name, value in headers]
    scope = {"type": "http", "client": (peer, 1), "scheme": "http", "headers": fields}
    assert PEERS.through(scope)["scheme"] == scheme


@given(st.text(max_size=200), st.sampled_from([X, F]))
def test_no_header_is_too_odd(text: str, name: str) -> None:
    scope = {"type": "http", "client": ("10.0.0.1", 1), "scheme": "http", "headers": [(name.encode(), text.encode())]}
    PEERS.through(scope)


def test_what_is_no_network_is_no_setting() -> None:
    with pytest.raises(InvalidSetting, match="--trusted-proxies"):
        trusted_networks(["proxy.example.org"])
