"""Every other right repair that a definition names heals what it says in a fresh lab, and check accepts it."""

from __future__ import annotations

import secrets

import pytest

from droplab.harness.definition.catalogue import Catalogue, find_lab, list_labs
from droplab.harness.definition.lab import Alternative, Lab
from droplab.harness.definition.loader import load
from droplab.harness.engine.clean import runtime_named
from droplab.harness.engine.events import Silent
from droplab.harness.engine.judgement import judge
from droplab.harness.engine.started import find, open_started
from droplab.harness.engine.workshop import Order, begin, stop

ALTERNATIVES = [
    pytest.param(lab, alternative, id=f"{lab.id}: {alternative.title}")
    for lab in (load(find_lab(info.id), seed=1) for info in list_labs())
    for alternative in lab.alternatives
]


@pytest.mark.parametrize(("lab", "alternative"), ALTERNATIVES)
def test_an_alternative_repairs(lab: Lab, alternative: Alternative) -> None:
    name = f"alternative-{secrets.token_hex(3)}"
    begin(Order(lab, name, 600, {}), runtime_named("netns"), Catalogue())
    started = open_started(name)
    try:
        for node, command in alternative.run:
            result = started.live.nodes[node].exec(("sh", "-c", command))
            assert result.returncode == 0, f"{node}# {command}: {result.stderr}"
        judgement = judge(started, Silent())
        ill = [check for check in judgement.symptoms if check.verdict != "pass"]
        cured = [check for check in ill if alternative.cures is None or check.probe in alternative.cures]
        assert cured == []
        assert judgement.verdict == "repaired", [judgement.causes, [change.words for change in judgement.changes]]
    finally:
        started.live.close()
        stop(find(name))
