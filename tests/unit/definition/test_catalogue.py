from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from droplab.harness.definition.catalogue import Catalogue, find_lab, list_labs
from droplab.harness.definition.loader import load
from droplab.harness.errors import DefinitionError, UsageError
from tests.unit.definition.definitions import SMALL, write


def test_kinds_are_found_by_file_name_and_layer_by_folder() -> None:
    known = Catalogue()
    assert {
        "mtu": "link",
        "iptables_drop": "netfilter",
        "conntrack_full": "netfilter",
    }.items() <= known.fault_kinds().items()
    assert {"syn", "http", "ping", "arp", "conntrack_usage"} <= set(known.probe_kinds())
    assert not {"packets", "targets", "volley"} & set(known.probe_kinds())
    assert known.layer("mtu") == "link"
    assert known.fault("mtu").__name__ == "Mtu"


def test_an_unknown_kind() -> None:
    with pytest.raises(UsageError, match=r"^no fault is called 'mut'; did you mean mtu\?$"):
        Catalogue().fault("mut")
    with pytest.raises(UsageError, match=r"^no probe is called 'pingg'; did you mean ping\?$"):
        Catalogue().probe("pingg")


def test_listing_imports_no_kind_and_no_slow_module() -> None:
    code = (
        "import sys; from droplab.harness.definition.catalogue import Catalogue, list_labs; "
        "assert list_labs() and Catalogue().fault_kinds() and Catalogue().probe_kinds(); "
        "print(sorted(m for m in sys.modules if m in ('pydantic', 'scapy', 'pyroute2', 'docker', 'rich') "
        "or m.startswith(('droplab.faults.', 'droplab.harness.probes.'))))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_the_list_is_in_natural_order_and_survives_a_broken_lab(tmp_path: Path) -> None:
    for name in ("48", "9", "48-b", "a"):
        write(tmp_path / name, SMALL)
    (tmp_path / "a" / "lab.yaml").write_text("title: [")
    (tmp_path / "empty").mkdir()
    found = list_labs(tmp_path)
    assert [lab.id for lab in found] == ["9", "48", "48-b", "a"]
    assert [lab.title for lab in found[:3]] == ["Small"] * 3
    assert "not YAML" in found[3].problem


def test_the_list_of_the_house() -> None:
    lab = next(lab for lab in list_labs() if lab.id == "48")
    assert (lab.title, lab.difficulty, lab.minutes) == ("The server constantly drops packets", "medium", 30)


def test_finding_a_lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write(tmp_path / "labs" / "7", SMALL)
    monkeypatch.chdir(tmp_path)
    labs = tmp_path / "labs"
    assert find_lab("7", labs) == folder
    assert find_lab("labs/7", labs) == find_lab("./labs/7/lab.yaml", labs) == find_lab(str(folder), labs) == folder
    (tmp_path / "bare").mkdir()
    for name, words in [
        ("77", "no lab is called '77'; did you mean 7?, and no file or folder is there"),
        ("bare", "bare: this folder has no lab.yaml"),
        ("a\0b", "no lab is called 'a\\x00b'"),
        ("", "no lab is called ''"),
    ]:
        with pytest.raises(UsageError) as caught:
            find_lab(name, labs)
        assert words in str(caught.value)


IMPORT = "from droplab.harness.contracts.fault import Fault\n"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("raise RuntimeError('no')\nclass Odd(Fault): pass", "cannot be imported: RuntimeError: no"),
        (f"{IMPORT}class Odd(Fault): pass", "Odd lacks symptom, evidence, "),
        (f"{IMPORT}class A(Fault): pass\nclass B(Fault): pass", "expected exactly one class on Fault (got A, B)"),
    ],
)
def test_a_fault_whose_file_is_broken_is_told_where_it_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, words: str
) -> None:
    package = f"kinds_{abs(hash(code))}"
    layer = tmp_path / package / "link"
    layer.mkdir(parents=True)
    for folder in (layer.parent, layer):
        (folder / "__init__.py").touch()
    (layer / "odd.py").write_text(code)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(DefinitionError) as caught:
        load(write(tmp_path / "lab", SMALL.replace("KIND", "odd")), catalogue=Catalogue(faults=package))
    (line,) = caught.value.problems
    assert "lab.yaml:3:29: faults.one.odd: cannot be used: " in line
    assert words in line
