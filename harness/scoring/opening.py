"""From what a test asks for to an open lab, or to why this machine cannot have it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from droplab.harness.definition.catalogue import Catalogue, find_lab
from droplab.harness.definition.lab import Lab
from droplab.harness.definition.loader import load
from droplab.harness.definition.nearest import did_you_mean
from droplab.harness.engine.clean import runtime_named
from droplab.harness.engine.injection import refuse_host
from droplab.harness.errors import MachineLacks, UsageError
from droplab.harness.scoring.bench import LAB, Bench

if TYPE_CHECKING:
    from droplab.harness.runtime.contract import Runtime


def wanted_lab(name: str | None, seed: int, settings: Mapping[str, Any]) -> Lab:
    """The lab of that name or folder, by default the bench's. Raises UsageError or DefinitionError."""
    overrides = {key: str(value) for key, value in settings.items()}
    return load(find_lab(name) if name else LAB, seed=seed, overrides=overrides)


def open_bench(lab: Lab, runtime: str) -> Bench:
    """A bench, not yet entered. Raises MachineLacks with every line of what this machine lacks."""
    chosen: Runtime = runtime_named(runtime)
    if missing := chosen.missing(lab):
        raise MachineLacks("; ".join(missing))
    return Bench(lab, chosen, Catalogue())


def break_all(bench: Bench, only: Collection[str] | None) -> None:
    """Inject the lab's faults in their order, or those of ``only``. Raises UsageError, Ineffective, MachineLacks."""
    for key in only or ():
        if key not in bench.lab.faults:
            hint = did_you_mean(key, bench.lab.faults) or "; the lab has none"
            raise UsageError(f"only: no fault of lab {bench.lab.id} is called {key!r}{hint}")
    for key, use in bench.lab.faults.items():
        if only is None or key in only:
            refuse_host(key, use.fault, allow_host=False)
            bench.break_with(use)
