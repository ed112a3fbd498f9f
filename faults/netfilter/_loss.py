"""How a rule that drops SYNs shows itself."""

from __future__ import annotations

from droplab.harness.contracts.fault import ProbeSpec, Signature
from droplab.harness.contracts.trace import OwnCounter


def lost_syns(
    counter: OwnCounter, count: int, port: int | None, *, tcp: bool = False, through: bool = False
) -> Signature:
    """SYNs are lost and the rule counts them. A rule for TCP spares ping, a rule for all of IP only ARP.

    ``through``: the node is a router; a rule for all that it forwards spares what is meant for itself.
    """
    aimed = {"count": count, "port": port} if port is not None else {"count": count}
    if tcp or port is not None:
        spared = ProbeSpec("ping", "loss", {"count": count}, "through" if through else "target")
    else:
        spared = ProbeSpec("ping", "loss", {"count": count}) if through else ProbeSpec("arp", "loss", {"count": 20})
    trigger = ProbeSpec("syn", "loss", aimed, "through" if through else "target")
    return Signature(trigger=trigger, traces=(counter,), spared=spared)
