from __future__ import annotations

from droplab.harness.probes.conntrack_usage import ConntrackUsage
from droplab.harness.probes.ping import Ping
from tests.netns.probes.bench import Namespace


def test_the_table_fills(client: Namespace, server: Namespace) -> None:
    server.do("iptables -A INPUT -m conntrack --ctstate INVALID -j DROP")
    assert ConntrackUsage().measure(server).values["entries"] == 0
    for _ in range(3):
        Ping(target="server", count=1).measure(client)
    seen = ConntrackUsage().measure(server)
    assert seen.values["entries"] == 3
    assert seen.values["usage"] == 3 / int(server.read("/proc/sys/net/netfilter/nf_conntrack_max"))
    assert seen.details["drop"] == 0
    assert ConntrackUsage().measure(client).values["entries"] == 0
