"""What there is: faults, probes and labs, found by their file names. Listing imports none of them."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from droplab.harness.definition.nearest import did_you_mean
from droplab.harness.errors import DefinitionError, UsageError

if TYPE_CHECKING:
    from droplab.harness.contracts.fault import Fault
    from droplab.harness.contracts.probe import Probe

FILE = "lab.yaml"


@dataclass(frozen=True)
class Catalogue:
    """The faults and probes of two packages.

    A kind is the name of a module that defines one class on the base Fault or Probe: in ``faults`` one folder, the
    layer, further down, in ``probes`` directly. Other modules there are support code.
    """

    faults: str = "droplab.faults"
    probes: str = "droplab.harness.probes"

    def fault_kinds(self) -> Mapping[str, str]:
        """Kind to layer, sorted by layer."""
        return {kind: module.split(".")[-2] for kind, module in self._faults.items()}

    def probe_kinds(self) -> tuple[str, ...]:
        """The kinds of probes, sorted."""
        return tuple(self._probes)

    def layer(self, kind: str) -> str:
        """The layer of a fault. Raises UsageError for an unknown kind."""
        return _known(self._faults, kind, "fault").split(".")[-2]

    def fault(self, kind: str) -> type[Fault]:
        """The class of a fault. Raises UsageError for an unknown kind, DefinitionError when its file is wrong."""
        from droplab.harness.contracts.fault import Fault

        cls: type[Fault] = _class(_known(self._faults, kind, "fault"), Fault)
        _check(cls, ("symptom", "evidence", "lookalike", "remedy", "look"))
        return cls

    def probe(self, kind: str) -> type[Probe]:
        """The class of a probe. Raises UsageError for an unknown kind, DefinitionError when its file is wrong."""
        from droplab.harness.contracts.probe import Probe

        cls: type[Probe] = _class(_known(self._probes, kind, "probe"), Probe)
        _check(cls, ("metrics",))
        return cls

    @cached_property
    def _faults(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for layer in sorted(path for path in _folder(self.faults).iterdir() if path.is_dir()):
            for kind, module in _modules(layer, f"{self.faults}.{layer.name}", "Fault").items():
                if kind in found:
                    raise DefinitionError([f"{layer / kind}.py: a fault called {kind} exists already: {found[kind]}"])
                found[kind] = module
        return found

    @cached_property
    def _probes(self) -> dict[str, str]:
        return _modules(_folder(self.probes), self.probes, "Probe")


def _folder(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise DefinitionError([f"{package}: no such package"])
    return Path(next(iter(spec.submodule_search_locations)))


def _modules(folder: Path, package: str, base: str) -> dict[str, str]:
    """The modules of a folder whose text defines a class on ``base``; nothing is imported."""
    defines = re.compile(rf"^class \w+\([^)]*\b{base}\b[^)]*\):", re.MULTILINE)
    return {
        path.stem: f"{package}.{path.stem}"
        for path in sorted(folder.glob("*.py"))
        if not path.name.startswith(("_", ".")) and defines.search(path.read_text(errors="replace"))
    }


def _known(modules: Mapping[str, str], kind: str, what: str) -> str:
    if kind not in modules:
        raise UsageError(f"no {what} is called {kind!r}{did_you_mean(kind, modules)}")
    return modules[kind]


def _class(name: str, base: type[Any]) -> type[Any]:
    module = _imported(name)
    own = [
        cls
        for cls in vars(module).values()
        if inspect.isclass(cls) and cls.__module__ == name and issubclass(cls, base) and cls is not base
    ]
    if len(own) != 1:
        names = ", ".join(cls.__name__ for cls in own) or "none"
        raise DefinitionError([f"{module.__file__}: expected exactly one class on {base.__name__} (got {names})"])
    return own[0]


def _imported(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except Exception as error:  # whatever the code of a file raises while it is imported
        path = name.replace(".", "/") + ".py"
        raise DefinitionError([f"{path}: cannot be imported: {type(error).__name__}: {error}"]) from error


def _check(cls: type[Any], facts: tuple[str, ...]) -> None:
    missing = [name for name in facts if not hasattr(cls, name)] + sorted(cls.__abstractmethods__)
    if missing:
        raise DefinitionError([f"{inspect.getfile(cls)}: {cls.__name__} lacks {', '.join(missing)}"])


@dataclass(frozen=True)
class LabInfo:
    """A lab as a list shows it. ``problem`` says why its file cannot be read, else it is empty."""

    id: str
    title: str
    folder: Path
    difficulty: str = ""
    minutes: int | None = None
    problem: str = ""


def labs_folder() -> Path:
    """The folder of the labs that come with droplab."""
    import droplab

    return Path(droplab.__file__).parent.joinpath("labs").resolve()


def list_labs(folder: Path | None = None) -> list[LabInfo]:
    """The labs of a folder, by default droplab's own, sorted; reads no more than what a list shows. Never raises."""
    found = sorted((folder or labs_folder()).glob(f"*/{FILE}"), key=lambda file: _natural(file.parent.name))
    return [_info(file) for file in found]


def _natural(name: str) -> list[tuple[bool, int, str]]:
    """So that 9 comes before 48 and 48 before 48-conntrack."""
    return [
        (not part.isdecimal(), int(part) if part.isdecimal() else 0, part)
        for part in re.findall(r"[0-9]{1,9}|[^0-9]+", name)
    ]


def _info(file: Path) -> LabInfo:
    from droplab.harness.definition.yaml_positions import read

    name = file.parent.name
    try:
        data = read(file).data
    except DefinitionError as error:
        return LabInfo(name, "(cannot be read: droplab validate says why)", file.parent, problem=str(error))
    minutes = data.get("minutes")
    return LabInfo(
        name,
        str(data.get("title", "")),
        file.parent,
        str(data.get("difficulty") or ""),
        minutes if isinstance(minutes, int) and not isinstance(minutes, bool) else None,
    )


def find_lab(name: str, folder: Path | None = None) -> Path:
    """The lab that a person means: a folder name below labs/, or a path to a folder or to its lab.yaml.

    Raises UsageError with the nearest names.
    """
    own = folder or labs_folder()
    if re.fullmatch(r"[\w-][\w.-]*", name) and (own / name / FILE).is_file():
        return own / name
    try:
        path = Path(name).expanduser()
        if path.is_file():
            return path.parent.resolve() if path.name == FILE else path.resolve()
        if (path / FILE).is_file():
            return path.resolve()
        if path.is_dir() and name:
            raise UsageError(f"{name}: this folder has no {FILE}")
    except (OSError, ValueError, RuntimeError) as error:
        raise UsageError(f"{name!r}: not a lab: {error}") from None
    known = [file.parent.name for file in sorted(own.glob(f"*/{FILE}"))]
    raise UsageError(f"no lab is called {name!r}{did_you_mean(name, known)}, and no file or folder is there")
