"""junit.xml: parses, and its counts are the truth."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree as ET

from droplab.harness.engine.report import Phase, Report
from droplab.harness.render import junit
from tests.unit.render import samples
from tests.unit.render.test_html import HOSTILE, hostile


def parsed(report: Report) -> ET.Element:
    return ET.fromstring(junit.render(report).encode())


def counted(element: ET.Element) -> tuple[int, int, int, int]:
    return tuple(int(element.get(name, "-1")) for name in ("tests", "failures", "errors", "skipped"))  # type: ignore[return-value]


def found(element: ET.Element) -> tuple[int, int, int, int]:
    cases = list(element.iter("testcase"))
    return (len(cases), *(sum(case.find(tag) is not None for case in cases) for tag in ("failure", "error", "skipped")))  # type: ignore[return-value]


def test_a_suite_for_each_phase_the_faults_and_the_run() -> None:
    root = parsed(samples.passing())
    names = [suite.get("name") for suite in root.findall("testsuite")]
    assert names == [
        "0 healthy",
        "faults",
        "1 broken",
        "2 Delete the two DROP rules",
        "3 Restore the MTU",
        "4 gone",
        "run",
    ]
    assert counted(root) == (5 + 12 + 3 + 2 + 0 + 6 + 2, 0, 0, 0)


def test_counts_are_those_of_the_elements() -> None:
    for report in (samples.passing(), samples.failing(), hostile(), replace(samples.passing(), phases=(), faults=())):
        root = parsed(report)
        assert counted(root) == found(root)
        for suite in root.findall("testsuite"):
            assert counted(suite) == found(suite)


def test_inconclusive_and_error_are_errors_and_a_proof_that_lacks_a_side_fails() -> None:
    root = parsed(samples.failing())
    problems = {
        case.get("name"): problem.get("type")
        for case in root.iter("testcase")
        for problem in (*case.findall("failure"), *case.findall("error"))
    }
    assert problems == {
        "drop_output trace": "fail",
        "syn loss": "fail",
        "full_size loss": "inconclusive",
        "http": "error",
        "verdict": "fail",
        "nothing left behind": "error",
    }
    failure = root.find(".//testcase[@name='syn loss']/failure")
    assert failure is not None
    assert failure.get("message") == "expected 51 % ± 5, observed 30.2 % of 9500 [27.9, 32.6]"


def test_a_control_that_does_not_exist_is_skipped_with_its_reason() -> None:
    report = samples.passing()
    proof = replace(report.faults[0].proof, control="none (it hits everything)", trace="unproven")
    root = parsed(replace(report, faults=(replace(report.faults[0], proof=proof),)))
    skipped = [case.find("skipped") for case in root.iter("testcase")]
    assert [item.get("message") for item in skipped if item is not None] == [
        "not proven in this run",
        "(it hits everything)",
    ]


def test_every_suite_says_how_to_repeat_it() -> None:
    for suite in parsed(samples.passing()).findall("testsuite"):
        properties = {item.get("name"): item.get("value") for item in suite.iter("property")}
        assert properties["seed"] == "7"
        assert properties["runtime"] == "netns"
        assert properties["kernel"] == "6.18.0"
        assert properties["reproduce"] == "droplab run 48 --seed 7 --runtime netns"


def test_a_transcript_is_kept_and_cut() -> None:
    big = replace(samples.first_step().evidence[0], output="\x1b[1mline\x1b[0m\n" * 100_000)
    root = parsed(replace(samples.passing(), phases=(Phase("Look", evidence=(big,)),)))
    output = root.findtext(".//system-out") or ""
    assert output.startswith("nginx# iptables -t filter -nvL\nline\n")
    assert output.endswith("[cut]")
    assert len(output) < 20_000


def test_names_of_others_are_only_text() -> None:
    names = [case.get("name") or "" for case in parsed(hostile()).iter("testcase")]
    assert any("<script>" in name and "日本" in name for name in names)
    assert HOSTILE not in names
