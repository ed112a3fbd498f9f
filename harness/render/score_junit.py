"""The score of tools as JUnit XML: a suite for each tool, a test case for each case of the catalogue.

Without a baseline nothing fails: a rate is no verdict. With one, worse and gone are failures.
"""

from __future__ import annotations

from collections.abc import Mapping
from xml.etree import ElementTree as ET

from droplab.harness.render import score_words, words
from droplab.harness.scoring.baseline import Change
from droplab.harness.scoring.rates import CaseScore, Score
from droplab.harness.scoring.scoring import Scoring


def render(found: Scoring) -> str:
    """The XML text."""
    changes = {change.key: change for change in found.changes}
    root = ET.Element("testsuites", {"name": "droplab score", "time": f"{found.duration_s:.3f}"})
    root.extend(_suite(found, score, changes) for score in found.scores)
    if lost := [change for change in found.changes if change.verdict == "gone"]:
        root.append(_lost(lost))
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + words.printable(ET.tostring(root, encoding="unicode")) + "\n"


def _suite(found: Scoring, score: Score, changes: Mapping[str, Change]) -> ET.Element:
    cases = [_case(score, each, changes.get(f"{score.tool}: {each.case.id}")) for each in score.cases]
    suite = _counted(score.tool, cases)
    properties = ET.SubElement(suite, "properties")
    facts = {"seed": str(found.seed), "kernel": found.environment.get("kernel", ""), "version": score.version}
    facts |= dict(zip(score_words.METRICS, score_words.rates(score), strict=True))
    for name, value in {**facts, "reproduce": found.reproduce}.items():
        ET.SubElement(properties, "property", {"name": name, "value": words.clean(value)})
    suite.extend(cases)
    return suite


def _counted(name: str, cases: list[ET.Element]) -> ET.Element:
    counts = {f"{tag}s": str(sum(case.find(tag) is not None for case in cases)) for tag in ("failure", "error")}
    skipped = str(sum(case.find("skipped") is not None for case in cases))
    return ET.Element("testsuite", {"name": words.clean(name), "tests": str(len(cases)), **counts, "skipped": skipped})


def _case(score: Score, each: CaseScore, change: Change | None) -> ET.Element:
    name = words.clean(score_words.kind(each))
    case = ET.Element(
        "testcase",
        {"classname": f"droplab.score.{words.clean(score.tool)}", "name": name, "time": f"{each.after_s or 0:.3f}"},
    )
    if change and change.fails:
        ET.SubElement(case, "failure", {"type": change.verdict, "message": words.clean(change.words)})
    elif not each.false_alarm.n:
        ET.SubElement(case, "skipped", {"message": words.clean("; ".join(each.why))[:500]})
    told = f"noticed {score_words.noticed(each)}; named right {score_words.right(each)}; wrong {each.wrong.k}"
    ET.SubElement(case, "system-out").text = words.clean(
        "\n".join([told, *each.why, *(f"kernel: {said}" for said in each.kernel)])
    )
    return case


def _lost(changes: list[Change]) -> ET.Element:
    cases = []
    for change in changes:
        case = ET.Element("testcase", {"classname": "droplab.score.gone", "name": words.clean(change.key)})
        ET.SubElement(case, "failure", {"type": "gone", "message": "in the baseline and not tried any more"})
        cases.append(case)
    suite = _counted("gone", cases)
    suite.extend(cases)
    return suite
