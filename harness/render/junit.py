"""junit.xml: a test suite for each phase, a test case for each check; the proofs of the faults are a suite."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from xml.etree import ElementTree as ET

from droplab.harness.engine.report import Evidence, FaultReport, Phase, Report
from droplab.harness.render import words
from droplab.harness.verdict.judge import Check

SIDES = ("artifact", "trace", "symptom", "control")
OUTPUT_CHARACTERS = 10_000


def render(report: Report) -> str:
    """The XML text. Inconclusive is an error: skipped is never passed, and undecided is not either."""
    root = ET.Element("testsuites", {"name": f"droplab lab {report.lab}", "time": f"{report.duration_s:.3f}"})
    for number, phase in enumerate(report.phases):
        root.append(_phase(report, number, phase))
        if number == 0 and report.faults:
            root.append(_proofs(report, report.faults))
    root.append(_run(report))
    suites = root.findall("testsuite")
    for name in ("tests", "failures", "errors", "skipped"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in suites)))
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + words.printable(ET.tostring(root, encoding="unicode")) + "\n"


def _suite(report: Report, name: str, seconds: float, cases: Sequence[ET.Element], output: str = "") -> ET.Element:
    counts = {tag: sum(case.find(tag) is not None for case in cases) for tag in ("failure", "error", "skipped")}
    suite = ET.Element(
        "testsuite",
        {
            "name": words.clean(name),
            "tests": str(len(cases)),
            "failures": str(counts["failure"]),
            "errors": str(counts["error"]),
            "skipped": str(counts["skipped"]),
            "time": f"{seconds:.3f}",
            "timestamp": report.started.removesuffix("+00:00"),
        },
    )
    suite.append(_properties(report))
    suite.extend(cases)
    if output:
        ET.SubElement(suite, "system-out").text = output
    return suite


def _properties(report: Report) -> ET.Element:
    properties = ET.Element("properties")
    facts = {
        "lab": report.lab,
        "seed": str(report.seed),
        "runtime": report.runtime,
        "kernel": report.environment.get("kernel", "unknown"),
        "reproduce": report.reproduce,
        **{f"parameter.{name}": str(value) for name, value in report.parameters.items()},
    }
    for name, value in facts.items():
        ET.SubElement(properties, "property", {"name": name, "value": words.clean(value)})
    return properties


def _case(report: Report, suite: str, name: str, seconds: float = 0.0) -> ET.Element:
    classname = words.clean(f"droplab.lab-{report.lab}.{suite.replace('.', ' ')}")
    return ET.Element("testcase", {"classname": classname, "name": words.clean(name), "time": f"{seconds:.3f}"})


def _phase(report: Report, number: int, phase: Phase) -> ET.Element:
    cases = [_check(report, phase, check) for check in phase.checks]
    output = "\n".join(_transcript(phase.evidence))
    return _suite(report, f"{number} {phase.name}", phase.duration_s, cases, output)


def _check(report: Report, phase: Phase, check: Check) -> ET.Element:
    measured = phase.measurements.get(check.probe)
    case = _case(report, phase.name, words.subject(check), measured.duration_s if measured else 0.0)
    if check.verdict != "pass":
        message = f"expected {check.expected}, observed {check.observed}"
        _problem(case, check.verdict, message, words.advice(check))
    return case


def _problem(case: ET.Element, verdict: str, message: str, text: str = "") -> None:
    problem = ET.SubElement(
        case, "failure" if verdict == "fail" else "error", {"type": verdict, "message": words.clean(message)}
    )
    problem.text = words.clean(f"{message}\n{text}".strip())


def _transcript(evidence: Iterable[Evidence]) -> list[str]:
    lines = []
    for item in evidence:
        held = "" if item.held else f"   <-- {words.unheld(item)}"
        lines.append(f"{words.clean(item.node)}# {words.clean(item.command)}{held}")
        output = words.clean(item.output)
        lines.append(output[:OUTPUT_CHARACTERS] + ("\n[cut]" if len(output) > OUTPUT_CHARACTERS else ""))
    return lines


def _proofs(report: Report, faults: Sequence[FaultReport]) -> ET.Element:
    cases = []
    for fault in faults:
        for name in SIDES:
            state, rest = words.side(getattr(fault.proof, name))
            case = _case(report, "faults", f"{fault.key} {name}")
            if state == "failed":
                _problem(case, "fail", f"{fault.key}: {name}: {rest}", "; ".join(fault.commands))
            elif state != "ok":
                ET.SubElement(case, "skipped", {"message": rest or "not proven in this run"})
            cases.append(case)
    return _suite(report, "faults", sum(fault.proof.duration_s for fault in faults), cases)


def _run(report: Report) -> ET.Element:
    """The run as a whole: it fails when it ended early, and when something was left behind."""
    verdict = _case(report, "run", "verdict", report.duration_s)
    if report.verdict != "pass":
        _problem(verdict, report.verdict, report.why or f"the run ended with {report.verdict}", report.reproduce)
    residue = _case(report, "run", "nothing left behind")
    if report.residue:
        _problem(residue, "error", "; ".join(report.residue))
    return _suite(report, "run", report.duration_s, [verdict, residue])
