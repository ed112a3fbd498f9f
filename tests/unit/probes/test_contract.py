"""What the catalogue and the loader rely on, for every probe there is."""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
import subprocess
import sys

import pytest

from droplab.harness import probes
from droplab.harness.contracts.measurement import Metric
from droplab.harness.contracts.probe import Probe

MODULES = [module.name for module in pkgutil.iter_modules(probes.__path__)]


def probes_of(module: str) -> list[type[Probe]]:
    loaded = importlib.import_module(f"droplab.harness.probes.{module}")
    classes = [value for value in vars(loaded).values() if inspect.isclass(value)]
    return [each for each in classes if issubclass(each, Probe) and each.__module__ == loaded.__name__]


PROBES = [(module, found) for module in MODULES for found in probes_of(module)]


def test_each_module_defines_at_most_one_probe() -> None:
    assert len({module for module, _ in PROBES}) == len(PROBES) >= 5


@pytest.mark.parametrize(("module", "probe"), PROBES)
def test_it_explains_itself(module: str, probe: type[Probe]) -> None:
    assert probe.__doc__
    assert probe.metrics
    assert all(field.description for field in probe.model_fields.values())
    json.dumps(probe.model_json_schema())


@pytest.mark.parametrize(("module", "probe"), PROBES)
def test_it_names_the_words_of_its_categories(module: str, probe: type[Probe]) -> None:
    words = getattr(probe, "categories", {})
    assert set(words) == {name for name, metric in probe.metrics.items() if metric is Metric.CATEGORY}


def test_slow_modules_are_not_imported_before_they_are_used() -> None:
    names = ", ".join(f"droplab.harness.probes.{module}" for module in MODULES if module != "http_exchange")
    code = f"import sys, {names}; print(sorted({{'scapy', 'pyroute2', 'docker'}} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
