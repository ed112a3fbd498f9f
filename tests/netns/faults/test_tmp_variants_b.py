import time, pytest
from tests.netns.faults.test_contract import *
from tests.netns.faults.test_contract import bed  # noqa
from droplab.harness.engine import journal
V = [
 ("iptables_drop", {"length": 60}, "nginx"), ("iptables_drop", {"length": 1500}, "nginx"),
 ("iptables_drop", {"length": 1000, "protocol": "tcp", "port": 80}, "nginx"),
 ("iptables_drop", {"length": 800, "port": 80, "chain": "OUTPUT"}, "nginx"),
 ("iptables_drop", {"length": 600, "chain": "OUTPUT"}, "nginx"),
 ("iptables_drop", {"chain": "FORWARD", "probability": 0.3}, "router"),
 ("iptables_drop", {"chain": "FORWARD", "port": 80, "length": 500}, "router"),
 ("iptables_drop", {"protocol": "icmp", "length": 500}, "nginx"),
 ("iptables_drop", {"every": 3, "syn": True}, "nginx"),
 ("raw_drop", {"port": 80}, "nginx"), ("raw_drop", {"chain": "OUTPUT", "probability": 0.3, "port": 80}, "nginx"),
 *[("mangle_drop", {"chain": c, "probability": .3, "port": 80}, "router" if c == "FORWARD" else "nginx") for c in ("PREROUTING","INPUT","FORWARD","OUTPUT","POSTROUTING")],
 ("mangle_drop", {"chain": "FORWARD"}, "router"),
 ("legacy_drop", {"chain": "OUTPUT", "port": 80, "probability": 0.3}, "nginx"), ("legacy_drop", {"chain": "FORWARD"}, "router"),
 ("drop_payload", {"chain": "FORWARD"}, "router"),
 ("drop_payload", {"text": 'Host: nginx'}, "nginx"),
 *[("reject", {"reject_with": w}, "nginx") for w in ("icmp-port-unreachable","icmp-admin-prohibited","icmp-host-unreachable","icmp-host-prohibited","icmp-net-unreachable","icmp-net-prohibited","icmp-proto-unreachable")],
 ("reject", {"reject_with": "tcp-reset", "chain": "FORWARD"}, "router"), ("reject", {"chain": "FORWARD"}, "router"),
 *[("nft_drop", {"hook": h, "probability": .3}, "router" if h == "forward" else "nginx") for h in ("ingress","prerouting","input","forward","output","postrouting","egress")],
 *[("nft_drop", {"hook": h, "port": 80}, "router" if h == "forward" else "nginx") for h in ("ingress","prerouting","input","forward","output","postrouting","egress")],
 ("nft_drop", {"every": 3, "syn": True}, "nginx"), ("nft_drop", {"every": 2, "syn": True, "hook": "ingress"}, "nginx"), ("nft_drop", {"probability": 1.0}, "nginx"),
 ("policy_drop", {}, "nginx"), ("policy_drop", {"chain": "OUTPUT"}, "nginx"), ("policy_drop", {"chain": "FORWARD"}, "router"), ("policy_drop", {"chain": "FORWARD", "accept": ["-p icmp"]}, "router"),
 ("syn_rate_limit", {"per_second": 1, "burst": 1}, "nginx"), ("syn_rate_limit", {"per_second": 1000, "burst": 1000}, "nginx"),
 ("syn_rate_limit", {"per_second": 1, "burst": 1000, "per": "port", "port": 80}, "nginx"), ("syn_rate_limit", {"per_second": 1000, "burst": 1}, "nginx"),
 ("nfqueue_no_listener", {"queue": 65535}, "nginx"), ("nfqueue_no_listener", {"queue": 0, "port": 80}, "nginx"),
 *[("syn_option_drop", {"option": o, "lacking": l, "port": 80}, "nginx") for o in ("mss","window_scale","sack","timestamp") for l in (False, True)],
 ("conntrack_invalid", {"forgets_after_s": 3}, "nginx"),
]
@pytest.mark.parametrize(("kind","params","node"), V, ids=[f"{k}-{p}" for k,p,_ in V])
def test_variant(bed, kind, params, node):
    use = FaultUse(kind, kind, node, CATALOGUE.fault(kind)(**params))
    base = bed.snapshot()
    prover = bed.prover(use)
    before = observed(prover, bed)
    change = use.fault.plan(bed.nodes[node])
    undo = bed.apply(use)
    proof, missing = prover.compare(change, before, observed(prover, bed, before), time.monotonic())
    print(proof)
    assert undo() is None
    assert bed.differences(base) == []
    assert missing == []
B = [
 ("iptables_drop", {"probability": 1e-6, "length": 60, "port": 1}), ("iptables_drop", {"every": 1000000}),("iptables_drop", {"probability": 1.0}),
 ("raw_drop", {"probability": 1e-6, "port": 65535}), ("drop_payload", {"text": "x"*128, "port": 65535}), ("drop_payload", {"text": "|41|"}), ("drop_payload", {"text": "!"}),("drop_payload", {"text": "--x"}),("drop_payload", {"text": '"\\" \''}),
 ("nft_drop", {"every": 1000000, "interface": "eth0", "hook":"egress"}), ("nft_drop", {"probability": 1e-6}), ("nft_drop", {"probability": 0.9999999}),("nft_drop", {"table": "a"*31}),
 ("redirect_dead_port", {"port": 65535, "to": 1}), ("policy_drop", {"accept": ["-p tcp --dport 22"]*2}), ("conntrack_invalid", {"forgets_after_s": 60}),
 ("nft_drop", {"table": "drop"}), ("nft_drop", {"table": "table"}),("nft_drop", {"table": "filter"}),
]
@pytest.mark.parametrize(("kind","params"), B, ids=[f"{k}-{str(p)[:60]}" for k,p in B])
def test_bound(bed, kind, params):
    use = FaultUse(kind, kind, "nginx", CATALOGUE.fault(kind)(**params))
    base = bed.snapshot()
    prover = bed.prover(use)
    undo = bed.apply(use)
    n = bed.nodes["nginx"]
    print(n.run(("sh","-c","iptables-save -c; nft list ruleset")).stdout)
    for t in prover.signature.traces: t.read(n, n)
    assert use.fault.plan(n).present.holds(n) if kind not in ("conntrack_invalid","redirect_dead_port") else True
    assert undo() is None
    assert bed.differences(base) == []
