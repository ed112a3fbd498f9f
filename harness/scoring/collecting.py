"""Lab folders as tests: with ``--droplab-labs`` every lab.yaml replays its whole story."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from droplab.harness.scoring.skipping import machine

if TYPE_CHECKING:
    from droplab.harness.engine.report import Report


class LabFailed(Exception):
    """The lab did not behave as its definition says; the message lists how."""


class LabFile(pytest.File):
    """One lab.yaml."""

    def collect(self) -> Iterator[pytest.Item]:
        """One test, named as the folder."""
        yield LabItem.from_parent(self, name=self.path.parent.name)


class LabItem(pytest.Item):
    """Healthy, broken, repaired, gone."""

    def runtest(self) -> None:
        """Replay the lab. Raises LabFailed."""
        with machine(self.config):
            report = self._replayed()
        self.user_properties += [("droplab.seed", report.seed), ("droplab.reproduce", report.reproduce)]
        if report.verdict != "pass" or report.residue:
            raise LabFailed("\n".join(_findings(report)))

    def _replayed(self) -> Report:
        from droplab.harness.definition.catalogue import Catalogue
        from droplab.harness.definition.loader import load
        from droplab.harness.engine.clean import runtime_named
        from droplab.harness.engine.events import Silent
        from droplab.harness.engine.runner import Runner
        from droplab.harness.errors import MachineLacks

        lab = load(self.path, seed=self.config.getoption("--droplab-seed"))
        runtime = runtime_named(self.config.getoption("--droplab-runtime"))
        if missing := runtime.missing(lab):
            raise MachineLacks("; ".join(missing))
        again = f"droplab run {self.path.parent} --runtime {runtime.name} --seed {lab.seed}"
        return Runner(lab, runtime, Catalogue(), Silent(), captures=None, reproduce=again).run()

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException]) -> str:  # type: ignore[override]
        """The findings, without a traceback through droplab."""
        return str(excinfo.value) if isinstance(excinfo.value, LabFailed) else str(super().repr_failure(excinfo))

    def reportinfo(self) -> tuple[str, int, str]:
        """Where it is written and what it is called."""
        return str(self.path), 0, f"lab {self.name}"


def _findings(report: Report) -> Iterator[str]:
    if report.why:
        yield report.why
    for phase in report.phases:
        for check in phase.checks:
            if check.verdict != "pass":
                what = f"{phase.name}: {check.probe} {check.metric}"
                yield f"{what}: expected {check.expected}, observed {check.observed}"
    yield from (f"left behind: {words}" for words in report.residue)
    yield report.reproduce
