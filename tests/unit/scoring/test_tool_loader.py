from __future__ import annotations

from pathlib import Path

import pytest

from droplab.harness.errors import DefinitionError
from droplab.harness.scoring.tool_loader import load_tool, load_tools, tool_files

OWN = Path(__file__).parents[2] / "tools"
GOOD = """\
tool: mine
run: [mine, "{server}"]
read:
  signals:
    loss: {lost: '(?P<sent>\\d+) sent, (?P<received>\\d+) received'}
names:
  - {signal: loss, means: iptables_drop}
cannot: {mtu: small packets}
"""


def write(folder: Path, text: str) -> Path:
    file = folder / "mine.yaml"
    file.write_text(text)
    return file


def test_every_definition_of_ours_loads() -> None:
    tools = load_tools(tool_files([OWN]))
    assert len(tools) >= 12
    assert all(tool.about and tool.package and tool.version for tool in tools)
    for tool in tools:
        assert not tool.kinds & tool.cannot.keys(), f"{tool.name} names what it says it cannot see"


def test_a_short_definition_has_defaults(tmp_path: Path) -> None:
    tool = load_tool(write(tmp_path, GOOD))
    assert (tool.where, tool.place, tool.takes) == ("client", "network", "run")
    assert tool.needs == ("mine",)
    assert tool.kinds == {"iptables_drop"}


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("run:", "rum:", "2:1: rum: unknown key; did you mean run?"),
        (
            "means: iptables_drop",
            "means: iptables_dorp",
            "no fault is called iptables_dorp; did you mean iptables_drop?",
        ),
        ("signal: loss", "signal: los", "no signal is called los; did you mean loss?"),
        ("cannot: {mtu:", "cannot: {mut:", "no fault is called mut; did you mean mtu?"),
        ("(?P<received>", "(", "lost needs the groups (?P<sent>...) and (?P<received>...)"),
        ("{lost:", "{sum: '(', lost:", "not a regular expression"),
        ("{lost:", "{exit: true, lost:", "a signal has exactly one of lost"),
        ("tool: mine", "tool: mine\ntakes: stream", "a stream, and only a stream, says with `ready: {line: REGEX}`"),
        ("tool: mine", "tool: mine\nwhere: everywhere", "2:8: where: expected client, server, every or host"),
    ],
)
def test_mistakes_are_told_with_their_place(tmp_path: Path, old: str, new: str, words: str) -> None:
    assert old in GOOD
    file = write(tmp_path, GOOD.replace(old, new, 1))
    with pytest.raises(DefinitionError) as caught:
        load_tool(file)
    assert any(words in problem for problem in caught.value.problems), caught.value.problems


def test_all_mistakes_at_once(tmp_path: Path) -> None:
    text = GOOD.replace("iptables_drop", "nothing").replace("mtu:", "none:")
    with pytest.raises(DefinitionError) as caught:
        load_tool(write(tmp_path, text))
    assert len(caught.value.problems) == 2


def test_two_tools_of_one_name(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(GOOD)
    (tmp_path / "b.yaml").write_text(GOOD)
    (tmp_path / "a.baseline.yaml").write_text("made: {}")
    with pytest.raises(DefinitionError, match="another file defines mine too"):
        load_tools(tool_files([tmp_path]))
