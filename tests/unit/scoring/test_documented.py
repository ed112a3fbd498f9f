"""What the guide and the score page say is what is there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import yaml

from droplab.harness.cli.score import score_command
from droplab.harness.scoring.tool import How
from droplab.harness.scoring.tool_loader import load_tools, tool_files
from droplab.harness.scoring.tool_shapes import ToolShape

ROOT = Path(__file__).parents[3]
GUIDE = (ROOT / "docs" / "testing-tools.md").read_text()
SCORES = (ROOT / "docs" / "tools.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)


def test_the_definition_in_the_guide_is_one() -> None:
    (definition,) = (block for block in blocks("yaml") if block.startswith("tool:"))
    assert ToolShape.model_validate(yaml.safe_load(definition)).tool == "nstat"


def test_every_way_to_read_is_in_the_guide() -> None:
    table = "\n".join(line for line in GUIDE.splitlines() if line.startswith("| `"))
    assert [how for how in get_args(How) if f"`{how}`" not in table] == []


def test_commands_of_the_guide_have_only_options_that_exist() -> None:
    known = {option for parameter in score_command.params for option in parameter.opts}
    used = {word for line in GUIDE.splitlines() if "score " in line for word in re.findall(r"--[a-z]+\b", line)}
    assert used - {"--rm", "--privileged", "--volume", "--workdir"} <= known


def test_every_option_of_the_plugin_is_in_the_guide() -> None:
    plugin = (ROOT / "harness" / "pytest_plugin.py").read_text()
    assert [option for option in re.findall(r'"(--droplab-[a-z-]+)"', plugin) if option not in GUIDE] == []


def test_the_workflow_is_yaml() -> None:
    (workflow,) = (block for block in blocks("yaml") if block.startswith("name:"))
    steps = yaml.safe_load(workflow)["jobs"]["score"]["steps"]
    assert any("droplab-require" in step.get("run", "") for step in steps)


def test_the_score_page_has_every_tool_and_how_to_repeat_it() -> None:
    for tool in load_tools(tool_files([ROOT / "tests" / "tools"])):
        assert f"| `{tool.name}` |" in SCORES
    assert re.search(r"Repeat it with `droplab score tests/tools ", SCORES)
