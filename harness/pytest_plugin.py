"""The pytest plugin "droplab": broken networks with a known truth as fixtures. ``docs/testing-tools.md`` is its guide.

It is loaded in every pytest run of its environment, so it imports pytest and nothing else until a test asks for a lab.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from droplab.harness.scoring.cases import Case
    from droplab.harness.scoring.hands import ToolInHand
    from droplab.harness.scoring.lab import Inject, Lab
    from droplab.harness.scoring.truth import Truth

MARKERS = (
    'droplab(lab, *, seed=0, only=None, set=None): the lab of this test ("48"), the faults to inject, parameters',
    "droplab_cases(*kinds, healthy=1, lookalikes=True): run the test once for each case of these kinds, by default all",
    "droplab_tool(file): the definition that the fixture `tool` reads, from the folder of the test",
)
LABS = pytest.StashKey["list[Lab]"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options, all with the prefix ``--droplab-``."""
    group = parser.getgroup("droplab", "networks with a known truth")
    group.addoption("--droplab-runtime", choices=["netns", "docker"], default="netns", help="where the nodes live")
    group.addoption("--droplab-seed", type=int, default=0, help="for tests whose marker names no seed")
    group.addoption(
        "--droplab-require", action="store_true", help="a test that this machine cannot run is an error, not skipped"
    )
    group.addoption("--droplab-artifacts", type=Path, help="keep report and captures of failed tests here")
    group.addoption("--droplab-no-pcap", action="store_true", help="capture nothing (a tcpdump a node otherwise)")
    group.addoption("--droplab-labs", action="store_true", help="collect every lab.yaml as a test that replays it")


def pytest_configure(config: pytest.Config) -> None:
    """The markers."""
    for words in MARKERS:
        config.addinivalue_line("markers", words)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each case of ``droplab_cases``."""
    marker = metafunc.definition.get_closest_marker("droplab_cases")
    if marker is None:
        return
    if "case" not in metafunc.fixturenames:
        raise pytest.UsageError(f"{metafunc.definition.nodeid}: droplab_cases needs an argument called `case`")
    from droplab.harness.scoring.skipping import collecting

    with collecting():
        found = _cases(*marker.args, **marker.kwargs)
    metafunc.parametrize("case", [case for _, case in found], ids=[name for name, _ in found])


def _cases(*kinds: str, healthy: int = 1, lookalikes: bool = True) -> list[tuple[str, Case]]:
    from droplab.harness.definition.catalogue import Catalogue
    from droplab.harness.scoring import cases

    every = [case for case in cases.cases(Catalogue(), kinds, lookalikes=lookalikes) if case.kind]
    found = [(re.sub(r"[^\w.=]+", "-", case.id), case) for case in every]
    return found + [(f"healthy-{number}", cases.healthy()) for number in range(1, healthy + 1)]


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """With ``--droplab-labs``, a lab.yaml is a test."""
    if file_path.name != "lab.yaml" or not parent.config.getoption("--droplab-labs"):
        return None
    from droplab.harness.scoring.collecting import LabFile

    return LabFile.from_parent(parent, path=file_path)


@pytest.fixture
def _droplab(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Lab]]:
    """Opens the lab of this test: by its marker, or the bench lab. Everything is taken down at the end."""
    from contextlib import ExitStack

    from droplab.harness.scoring import opening
    from droplab.harness.scoring.lab import Lab
    from droplab.harness.scoring.skipping import machine

    config = request.config
    with ExitStack() as stack:

        def opened(*, name: str | None, seed: int, settings: dict[str, Any], prepare: Callable[[Lab], None]) -> Lab:
            with machine(config):
                lab = Lab(
                    opening.open_bench(opening.wanted_lab(name, seed, settings), config.getoption("--droplab-runtime")),
                    _folder(request, tmp_path_factory),
                    captures=not config.getoption("--droplab-no-pcap"),
                )
                stack.enter_context(lab)
                prepare(lab)
                lab.watch()
            request.node.stash.setdefault(LABS, []).append(lab)
            request.node.user_properties += [("droplab.lab", lab.bench.lab.id), ("droplab.seed", lab.bench.lab.seed)]
            return lab

        yield opened


def _folder(request: pytest.FixtureRequest, temporary: pytest.TempPathFactory) -> Path:
    """Where this test's files go."""
    name = re.sub(r"[^\w.=-]+", "-", request.node.nodeid).strip("-")
    kept: Path | None = request.config.getoption("--droplab-artifacts")
    return kept / name if kept else temporary.mktemp("droplab")


def _asked(request: pytest.FixtureRequest, name: str | None = None, **options: Any) -> dict[str, Any]:
    """The arguments of the marker ``droplab``, with their defaults."""
    seed = options.pop("seed", request.config.getoption("--droplab-seed"))
    settings, only = options.pop("set", None), options.pop("only", None)
    if options:
        raise pytest.UsageError(f"{request.node.nodeid}: the marker droplab knows no {', '.join(options)}")
    return {"name": name, "seed": seed, "settings": dict(settings or {}), "only": only}


def _asked_by_marker(request: pytest.FixtureRequest) -> dict[str, Any]:
    marker = request.node.get_closest_marker("droplab")
    return _asked(request, *marker.args, **marker.kwargs) if marker else _asked(request)


@pytest.fixture
def lab(request: pytest.FixtureRequest, _droplab: Callable[..., Lab]) -> Lab:
    """The lab of the marker ``droplab``, broken and proven before the test begins."""
    from droplab.harness.scoring.opening import break_all

    asked = _asked_by_marker(request)
    only = asked.pop("only")
    return _droplab(**asked, prepare=lambda lab: break_all(lab.bench, only))


@pytest.fixture
def healthy_lab(request: pytest.FixtureRequest, _droplab: Callable[..., Lab]) -> Lab:
    """The lab of the marker ``droplab``, or the bench lab, with nothing wrong."""
    asked = _asked_by_marker(request)
    del asked["only"]
    return _droplab(**asked, prepare=lambda _: None)


@pytest.fixture
def inject(request: pytest.FixtureRequest) -> Inject:
    """``with inject(healthy_lab.nginx, "mtu", mtu=100) as truth:`` proven; undone and equal to before at the end."""
    from droplab.harness.scoring.lab import injector

    name = "lab" if "lab" in request.fixturenames else "healthy_lab"
    return injector(request.getfixturevalue(name))


@pytest.fixture
def truth(lab: Lab) -> Truth:
    """What is wrong with ``lab``."""
    return lab.truth


@pytest.fixture
def tool(request: pytest.FixtureRequest) -> ToolInHand:
    """The tool of the marker ``droplab_tool``: ``tool.watch(case).expect(alarm=case.real, kind=case.kind)``."""
    from droplab.harness.scoring.hands import ToolInHand
    from droplab.harness.scoring.skipping import machine
    from droplab.harness.scoring.tool_loader import load_tool

    marker = request.node.get_closest_marker("droplab_tool")
    if marker is None or not marker.args:
        raise pytest.UsageError(f"{request.node.nodeid}: the fixture tool needs @pytest.mark.droplab_tool(FILE)")
    with machine(request.config):
        found = load_tool(request.path.parent / marker.args[0])
    config = request.config
    runtime, seed = config.getoption("--droplab-runtime"), config.getoption("--droplab-seed")
    return ToolInHand(found, runtime, seed, lambda: machine(config))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failed test carries the truth, the commands, the kernel's counters and the names of the captures."""
    report = yield
    labs = item.stash.get(LABS, [])
    if report.when == "call" and report.failed:
        for lab in labs:
            report.sections.append(("droplab", _attached(lab)))
    if report.when == "call" and report.passed:
        for lab in labs:
            lab.forget()
    return report


def _attached(lab: Lab) -> str:
    from droplab.harness.errors import DroplabError

    try:
        return "\n".join([lab.evidence(), *(f"kept: {path}" for path in lab.keep())])
    except (DroplabError, OSError) as error:
        return f"the lab could not be asked any more: {error}"
