"""Whatever is in the file: a lab, or problems that each have a place. Nothing else, and soon."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from droplab.harness.definition.catalogue import find_lab
from droplab.harness.definition.lab import Lab
from droplab.harness.definition.loader import load
from droplab.harness.definition.schema import schema
from droplab.harness.definition.validation import validate
from droplab.harness.definition.yaml_positions import read
from droplab.harness.errors import DefinitionError, UsageError
from tests.unit.definition.definitions import GOOD, PLACE, SMALL, write
from tests.unit.definition.test_house_labs import BLACK_HOLE, SLOW_NAMES
from tests.unit.definition.test_variants import DRAWN

SOLVED = SMALL.replace("KIND: {}", "mtu: {mtu: 100}").replace(
    "healthy: {syn: {loss: 0}}", "healthy: {syn: {loss: 0}}, solution: [{title: x, run: {nginx: x}, removes: [one]}]"
)
HOUSE = [(find_lab(name) / "lab.yaml").read_text() for name in ("48", "48-conntrack")]
TEXTS = [GOOD, DRAWN, SOLVED, BLACK_HOLE, SLOW_NAMES, *HOUSE]
DOCUMENTS = [yaml.safe_load(text) for text in TEXTS]
WORDS = sorted({word for text in TEXTS for word in text.replace("{", " ").replace(",", " ").replace(":", " ").split()})

fuzzed = settings(deadline=timedelta(seconds=5), suppress_health_check=[HealthCheck.function_scoped_fixture])

Attempt = Callable[[str | bytes], Lab | None]


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    return Draft202012Validator(schema())


@pytest.fixture
def attempt(tmp_path: Path, validator: Draft202012Validator) -> Attempt:
    """Load a definition; a refusal must be a list of places, and what is accepted must fit the schema."""
    folder = write(tmp_path, hints_md="- Look.\n", story_md="Once.\n", dnsmasq_conf="")

    def load_it(content: str | bytes) -> Lab | None:
        file = folder / "lab.yaml"
        file.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))
        lab = loaded(folder)
        if lab is not None and validated(folder):
            assert [error.message for error in validator.iter_errors(read(file).data)] == []
        return lab

    return load_it


def loaded(folder: Path, overrides: Mapping[str, str] = {}) -> Lab | None:
    """The lab, or None when it is refused with a place for every problem. Any other exception goes through."""
    try:
        return load(folder, overrides=overrides)
    except DefinitionError as error:
        lines = error.problems
    assert lines
    assert [line for line in lines if not line.startswith(f"{folder}/") or not PLACE.search(line) or "\n" in line] == []
    return None


def validated(folder: Path) -> bool:
    """Whether every draw is accepted. A refusal of some must have a place as well."""
    try:
        validate(folder)
    except DefinitionError as error:
        lines = error.problems
    else:
        return True
    assert lines
    assert [line for line in lines if not PLACE.search(line) or "\n" in line] == []
    return False


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(allow_nan=True, allow_infinity=True),
    st.text(max_size=20),
    st.sampled_from(WORDS),
    st.sampled_from(["$p", "$", "$$", "$nope", "${p}", "1/0", "-1", "0.0.0.0/0", "198.18.1.9/24", "nginx:80"]),
    st.sampled_from(["../x", "/", "[", "("]),
)
KEYS = st.one_of(st.sampled_from(WORDS), st.text(max_size=10))
VALUES = st.recursive(
    SCALARS, lambda part: st.one_of(st.lists(part, max_size=4), st.dictionaries(KEYS, part, max_size=4)), max_leaves=12
)


@fuzzed
@given(content=st.binary(max_size=200))
def test_arbitrary_bytes(attempt: Attempt, content: bytes) -> None:
    attempt(content)


@fuzzed
@given(content=st.text(alphabet=st.sampled_from("abc:-{}[]&*!|>'\"%@`#,? \n\t\\0123$"), max_size=80))
def test_arbitrary_punctuation(attempt: Attempt, content: str) -> None:
    attempt(content)


@fuzzed
@given(value=VALUES)
def test_arbitrary_yaml(attempt: Attempt, value: Any) -> None:
    attempt(yaml.safe_dump(value))


@fuzzed
@given(
    sections=st.fixed_dictionaries(
        {"schema": st.just(1)}, optional=dict.fromkeys(DOCUMENTS[0].keys() - {"schema"}, VALUES)
    )
)
def test_arbitrary_sections(attempt: Attempt, sections: dict[str, Any]) -> None:
    attempt(yaml.safe_dump(sections))


def parts(value: Any, trail: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The trail of everything in a document."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [trail, *(found for key, part in inner for found in parts(part, (*trail, key)))]


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A good definition in which some things are replaced, taken out, renamed or put elsewhere."""
    document = copy.deepcopy(draw(st.sampled_from(DOCUMENTS)))
    for _ in range(draw(st.integers(1, 3))):
        *way, last = draw(st.sampled_from(parts(document)[1:]))
        holder = document
        for key in way:
            holder = holder[key]
        match draw(st.sampled_from(["replace", "replace", "take out", "rename", "copy"])):
            case "replace":
                holder[last] = draw(VALUES)
            case "take out":
                del holder[last]
            case "rename" if isinstance(holder, dict):
                holder[draw(KEYS)] = holder.pop(last)
            case "copy":
                other = draw(st.sampled_from(parts(document)))
                value: Any = document
                for key in other:
                    value = value[key]
                holder[last] = copy.deepcopy(value)
        if not document:
            break
    return yaml.safe_dump(document, sort_keys=False, width=200)


@fuzzed
@given(content=mutated())
def test_mutations_of_good_definitions(attempt: Attempt, content: str) -> None:
    attempt(content)


@fuzzed
@given(
    text=st.sampled_from(TEXTS),
    at=st.integers(0, 3000),
    length=st.integers(0, 30),
    new=st.one_of(st.text(max_size=5), st.sampled_from([*"\t\n }]'\"$", "&a ", "*a", "<<: ", "- "])),
)
def test_slips_of_the_keyboard(attempt: Attempt, text: str, at: int, length: int, new: str) -> None:
    at %= len(text)
    attempt(text[:at] + new + text[at + length :])


@fuzzed
@given(hints=st.binary(max_size=80), story=st.binary(max_size=80))
def test_arbitrary_texts_beside_the_definition(tmp_path: Path, hints: bytes, story: bytes) -> None:
    folder = write(tmp_path)
    (folder / "hints.md").write_bytes(hints)
    (folder / "story.md").write_bytes(story)
    loaded(folder)


@fuzzed
@given(overrides=st.dictionaries(st.sampled_from(["p", "port", "mtu", "who", "x"]), st.text(max_size=8), max_size=2))
def test_arbitrary_overrides(tmp_path: Path, overrides: dict[str, str]) -> None:
    write(tmp_path)
    try:
        loaded(tmp_path, overrides)
    except UsageError as error:
        words = str(error)
    else:
        return
    assert words.startswith("--set")


def test_the_definitions_that_are_mutated_are_good(attempt: Attempt) -> None:
    assert all(attempt(text) for text in TEXTS)
