"""What is allowed in a definition and probably not meant: the warnings of validate."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from droplab.harness.contracts.fault import Fault
from droplab.harness.contracts.measurement import Metric, Proportion
from droplab.harness.definition.lab import Expectations, FaultUse, Lab
from droplab.harness.verdict.expectation import Exactly, Expectation, Near, NoneLost, Within

INTERFACE = "interface"


def warnings(lab: Lab) -> Iterator[str]:
    """One sentence for each doubt, beginning with the key that it is about. Only what is certain."""
    for use in lab.faults.values():
        yield from _fault(use, lab)
    yield from _phases(lab)
    for where, expectations in _everywhere(lab):
        yield from _counts(where, expectations, lab)
    yield from _chance(lab)


def unused(lab: Lab) -> Iterator[str]:
    """Probes of which nothing is expected; of a lab whose faults are drawn, perhaps in this draw only."""
    for key in _unused(lab):
        yield f"probes.{key}: nothing is expected of it, so it is never measured"


def _fault(use: FaultUse, lab: Lab) -> Iterator[str]:
    fault = use.fault
    every, match = getattr(fault, "every", None), str(getattr(fault, "match", None) or "")
    if every and getattr(fault, "syn", None) is False and "--syn" not in match and _hits_tcp(fault, match):
        yield (
            f"faults.{use.key}: every: {every} counts packets of all kinds, also what answers a probe, so the share "
            f"of lost SYNs is not 1/{every}; with syn: true it is"
        )
    node, name = lab.nodes.get(use.node), getattr(fault, INTERFACE, None)
    known = ["lo", *(f"eth{index}" for index in range(len(node.interfaces)))] if node else []
    if node and name and not node.setup and name not in known:
        yield f"faults.{use.key}: {use.node} has no interface {name}; it has {', '.join(known[1:])} and lo"


def _hits_tcp(fault: Fault, match: str) -> bool:
    return getattr(fault, "protocol", None) in (None, "tcp") and not any(
        f"-p {other}" in match for other in ("udp", "icmp")
    )


def _phases(lab: Lab) -> Iterator[str]:
    harmful = [use.key for use in lab.faults.values() if use.fault.signature().effect != "none"]
    if harmful and not lab.broken:
        yield f"broken: expects nothing, so nothing shows that {', '.join(harmful)} did harm"
    elif harmful and all(lab.healthy.get(probe) == metrics for probe, metrics in lab.broken.items()):
        yield "broken: expects what healthy expects, so nothing shows that the lab is broken"
    if not lab.healthy and not lab.always:
        yield "healthy: expects nothing, so every repair that leaves no trace is right"
    for phase, expectations in (("healthy", lab.healthy), ("broken", lab.broken)):
        for probe, metrics in expectations.items():
            for metric in metrics.keys() & lab.always.get(probe, {}).keys():
                if metrics[metric] != lab.always[probe][metric]:
                    yield f"{phase}.{probe}.{metric}: always expects something else of it in every phase"


def _everywhere(lab: Lab) -> Iterator[tuple[str, Expectations]]:
    yield from (("healthy", lab.healthy), ("always", lab.always), ("broken", lab.broken))
    for index, step in enumerate(lab.solution):
        yield f"solution.{index}.expect", step.expect


def _counts(where: str, expectations: Expectations, lab: Lab) -> Iterator[str]:
    """Numbers of probes that cannot give what is expected."""
    for key, metrics in expectations.items():
        probe = lab.probes[key].probe
        for metric, expected in metrics.items():
            if metric == "lost" and isinstance(expected, Exactly):
                words = _not_exact(expected, probe.count)
            else:
                words = _too_few(expected, probe.count) if probe.metrics[metric] is Metric.PROPORTION else ""
            if words:
                yield f"{where}.{key}.{metric}: {words}"


def _not_exact(expected: Exactly, count: int | None) -> str:
    if count is None:
        return f"{expected.count} of how many? Give the probe a count" if expected.count else ""
    return f"the probe sends {count}, so {expected.count} cannot be lost" if expected.count > count else ""


def _too_few(expected: Expectation, count: int | None) -> str:
    """Whether even the best result of ``count`` probes would decide nothing about a proportion."""
    from droplab.harness.verdict.judge import judge, looks, trials

    match expected:
        case NoneLost():
            best = 0.0
        case Near(p):
            best = p
        case Within(low, high):
            best = (low + high) / 2
        case _:
            return ""
    sent = (count or 0) * looks(expected)
    if not sent or judge("", "", expected, Proportion(round(best * sent), sent)).verdict == "pass":
        return ""
    enough = trials(expected, proportion=True)
    return f"{count} probes cannot show it whatever they see; give {enough} or more, or no count"


def _chance(lab: Lab) -> Iterator[str]:
    """What is left to chance, or to the pace of the probes, while the lab is broken."""
    harmful = [use.fault for use in lab.faults.values() if use.fault.signature().effect != "none"]
    random = [fault for fault in harmful if _is_random(fault)]
    paced = any(map(_is_paced, harmful))
    for key, metrics in lab.broken.items():
        for metric, expected in metrics.items():
            place = f"broken.{key}.{metric}"
            if random and len(random) == len(harmful) and metric == "outcome":
                yield f"{place}: every fault is random, so this is left to chance; expect a proportion"
            if random and metric == "lost":
                yield f"{place}: a fault is random, so an exact count is left to chance; expect loss"
            if paced and isinstance(expected, Near) and getattr(lab.probes[key].probe, "rate_pps", 1) is None:
                yield f"{place}: a fault depends on the pace of the probes; give rate_pps, and expect lost or a range"


def _is_random(fault: Fault) -> bool:
    probability = getattr(fault, "probability", None)
    return probability is not None and probability < 1


def _is_paced(fault: Fault) -> bool:
    """A fault whose effect depends on the rate says so by giving its own trigger one."""
    return "rate_pps" in fault.signature().trigger.parameters


def _unused(lab: Lab) -> list[str]:
    used = set(chain.from_iterable(expectations for _, expectations in _everywhere(lab)))
    used |= {use.trigger["probe"] for use in lab.faults.values() if use.trigger}
    return [key for key in lab.probes if key not in used]
