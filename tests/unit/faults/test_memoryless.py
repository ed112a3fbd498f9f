"""Which kinds let probes be measured side by side: those of lab 48 do, what counts or limits does not."""

from __future__ import annotations

import pytest

from droplab.harness.definition.catalogue import Catalogue


@pytest.mark.parametrize(
    ("kind", "parameters", "alone"),
    [
        ("iptables_drop", {"probability": 0.3}, True),
        ("iptables_drop", {"every": 3, "syn": True}, False),
        ("iptables_drop", {"match": "-m limit --limit 5/s"}, False),
        ("nft_drop", {"probability": 0.3}, True),
        ("nft_drop", {"every": 3}, False),
        ("mtu", {"mtu": 100}, True),
        ("conntrack_full", {}, False),
        ("syn_rate_limit", {}, False),
    ],
)
def test_memoryless(kind: str, parameters: dict[str, object], alone: bool) -> None:
    assert Catalogue().fault(kind)(**parameters).memoryless() is alone
