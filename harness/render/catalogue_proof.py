"""How a fault is proven, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from droplab.harness.contracts.fault import ProbeSpec, Signature
from droplab.harness.render.catalogue_words import code, prose, settings

ROLES: Mapping[str, str] = {
    "target": "from a neighbour to the node",
    "source": "from the node to a neighbour",
    "through": "from one neighbour to another, through the node",
    "routed": "from a node in another network to the node",
}
SCALES: Mapping[str, str] = {
    "hits": "by at least half of what was lost more",
    "any": "by more than without the fault",
    "state": "from 0 to 1, or up",
}


def how_proven(signature: Signature) -> Iterator[str]:
    """List items: the trigger, the traces, and what is spared."""
    yield f"- **Trigger**: {_probe(signature.trigger)} {_symptom(signature)}"
    traces = [f"{prose(trace.label)} rises {SCALES[trace.scale]}" for trace in signature.traces]
    yield f"- **Trace**: {', or '.join(traces)}"
    if isinstance(signature.spared, str):
        yield f"- **Spared**: nothing; {prose(signature.spared)}"
    else:
        yield f"- **Spared**: {_probe(signature.spared)} stays as it was"


def _probe(spec: ProbeSpec) -> str:
    given = f" ({settings(spec.parameters)})" if spec.parameters else ""
    role = "" if "target" in spec.parameters else f" {ROLES[spec.role]}"
    return f"{code(spec.kind)}{given}{role}: {spec.metric}"


def _symptom(signature: Signature) -> str:
    if signature.effect == "none":
        return "does not move: it is a suspect that does no harm"
    match signature.symptom:
        case "rises":
            return "rises"
        case "slower":
            return "of every one is longer than any before"
        case "changes":
            return f"changes to {' or '.join(signature.becomes)}" if signature.becomes else "changes"
