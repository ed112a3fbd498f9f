"""YAML as plain data with places, and stricter than YAML where a beginner would be surprised."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from droplab.harness.definition.yaml_positions import Source, parse, read
from droplab.harness.errors import DefinitionError


def source(text: str) -> Source:
    return parse(text.encode(), "lab.yaml")


def data(text: str) -> Any:
    return source(text).data


def refused(content: str | bytes) -> str:
    with pytest.raises(DefinitionError) as caught:
        parse(content if isinstance(content, bytes) else content.encode(), "lab.yaml")
    (line,) = caught.value.problems
    return line.removeprefix("lab.yaml:")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("1", 1),
        ("-7", -7),
        ("+3", 3),
        ("1e-3", 0.001),
        ("1.5", 1.5),
        (".5", 0.5),
        ("010", "010"),
        ("0x10", "0x10"),
        ("1_000", "1_000"),
        ("12:30", "12:30"),
        ("2024-01-01", "2024-01-01"),
        ("1e999", "1e999"),
        ("123456789012345678901", 1.2345678901234568e20),
        (".inf", ".inf"),
        ("yes", True),
        ("Off", False),
        ("~", None),
        ("", None),
        ("'yes'", "yes"),
        ('"1"', "1"),
        ("nginx:80", "nginx:80"),
        ("30%", "30%"),
        ("|\n  a\n  b", "a\nb\n"),
        (">\n  a\n  b", "a b\n"),
    ],
)
def test_scalars(written: str, meant: object) -> None:
    assert data(f"key: {written}\n") == {"key": meant}
    assert type(data(f"key: {written}\n")["key"]) is type(meant)


def test_places_of_values_and_keys() -> None:
    read_ = source("a: 1\nb:\n  - x\n  - {c: 2, d: [3]}\n")
    assert read_.data == {"a": 1, "b": ["x", {"c": 2, "d": [3]}]}
    assert read_.place(("a",)) == (1, 4)
    assert read_.place(("b", 1, "d", 0)) == (4, 16)
    assert read_.place(("b", 1, "d"), of_key=True) == (4, 12)
    assert read_.place(()) == (1, 1)


def test_the_place_of_what_is_not_there_is_the_nearest_around_it() -> None:
    read_ = source("a: {b: {c: 1}}\n")
    assert read_.place(("a", "b", "x")) == read_.place(("a", "b", "x", "y")) == (1, 8)
    assert read_.place(("z",), of_key=True) == (1, 1)


def test_aliases_are_expanded_and_point_to_the_anchor() -> None:
    read_ = source("a: &one {x: 1}\nb: *one\n")
    assert read_.data == {"a": {"x": 1}, "b": {"x": 1}}
    assert read_.data["a"] is not read_.data["b"]
    assert read_.place(("b", "x")) == (1, 13)


@pytest.mark.parametrize(
    ("text", "merged"),
    [
        ("a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}", {"x": 1, "y": 3}),
        ("a: &a {x: 1, y: 2}\nb: {y: 3, <<: *a}", {"x": 1, "y": 3}),
        ("a: &a {x: 1}\nc: &c {x: 2, y: 2}\nb: {<<: [*a, *c]}", {"x": 1, "y": 2}),
        ("a: &a {x: 1}\nc: &c {<<: *a, y: 2}\nb: {<<: *c}", {"x": 1, "y": 2}),
        ("a: &a {x: 1}\nb: {'<<': 5}", {"<<": 5}),
    ],
)
def test_merge_keys(text: str, merged: dict[str, Any]) -> None:
    assert data(text)["b"] == merged


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: 2\na: 3\n", "3:1: the key a is here twice (first in line 1)"),
        ("a: {x: 1, 'x': 2}\n", "1:11: the key x is here twice (first in line 1)"),
        ("on: 1\n", '1:1: the key on is read as true; keys are text: write "on"'),
        ("a: {no: 1}\n", '1:5: the key no is read as false; keys are text: write "no"'),
        ("80: 1\n", '1:1: the key 80 is read as a number; keys are text: write "80"'),
        ("? [a]\n: 1\n", "1:3: a key must be text; a text that begins with { or [ must be in quotes"),
        ("a: {{x}}\n", "1:5: a key must be text; a text that begins with { or [ must be in quotes"),
        (
            "a: !!python/object:os.system x\n",
            "1:4: tags are not used here (got tag:yaml.org,2002:python/object:os.system)",
        ),
        ("a: !x y\n", "1:4: tags are not used here (got !x); a text that begins with ! must be in quotes"),
        ("a: *b\n", "1:4: no anchor &b above this alias; a text that begins with * must be in quotes"),
        ("a: &a [*a]\n", "1:8: the alias *a is inside of its own anchor"),
        ("a: 1\n---\nb: 2\n", "2:1: a second document begins here (---); one file, one definition"),
        ("", "1:1: the file is empty; begin with `schema: 1`"),
        ("# nothing\n", "1:1: the file is empty; begin with `schema: 1`"),
        ("- a\n", "1:1: expected `key: value` lines, got list"),
        ("text\n", "1:1: expected `key: value` lines, got str"),
        ("a: b: c\n", '1:5: not YAML: mapping values are not allowed in this context; a ": " inside of a text ends it'),
        ("a: [1, 2\nb: 3\n", "2:2: not YAML: did not find expected ',' or ']'"),
        ("a: 'x\n", "2:1: not YAML: found unexpected end of stream; a quote is not closed"),
        ('a: "\\d"\n', "1:5: not YAML: found unknown escape character; a backslash in double quotes starts an escape"),
        ("a:\n\tb: 1\n", "2:1: not YAML: found character that cannot start any token; a tab, or a text that begins"),
        ("a: @x\n", "1:4: not YAML: found character that cannot start any token; a tab, or a text that begins"),
        ("a: 1\n  b: 2\n", "2:4: not YAML: mapping values are not allowed in this context"),
        ("a: {<<: 3}\n", "1:9: << merges a mapping: `<<: *name`, where &name stands before a mapping"),
        ('a: "\\0"\n', "1:4: a text cannot hold a control character (U+0000)"),
        ("a: b\x07\n", "1:5: a control character (U+0007) cannot stand in YAML"),
    ],
)
def test_what_is_refused(text: str, message: str) -> None:
    assert refused(text).startswith(message)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a: \xff\n", "1:4: not UTF-8 (got byte 0xff); save the file as UTF-8"),
        (b"a: 1\nb: \xc3\xa4\xe4\n", "2:5: not UTF-8 (got byte 0xe4); save the file as UTF-8"),
        ("a: 1\n".encode("utf-16"), "1:1: not UTF-8 (got byte 0xff); save the file as UTF-8"),
        (b"#" * (256 * 1024 + 1), "1:1: larger than 256 KiB; a definition is a page or two"),
    ],
)
def test_bytes_that_are_refused(content: bytes, message: str) -> None:
    assert refused(content) == message


def test_a_byte_order_mark_is_skipped() -> None:
    assert parse(b"\xef\xbb\xbfa: 1\n", "lab.yaml").data == {"a": 1}


NAMES = list(zip("abcdefgh", "bcdefghi", strict=True))
BOMBS = {
    "laughs": "a: &a [x, x, x, x, x, x, x, x, x]\n"
    + "".join(f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n" for old, new in NAMES),
    "merged laughs": "a: &a {k1: 1, k2: 2, k3: 3}\n"
    + "".join(f"{new}: &{new} {{<<: [{', '.join([f'*{old}'] * 200)}]}}\n" for old, new in NAMES),
    "long texts": f"a: &a {'x' * 100_000}\nb: [{', '.join(['*a'] * 1000)}]\n",
    "deep flow": "[" * 200_000,
    "deep flow in a key": "a: " + "[" * 200_000,
    "deep blocks": "- " * 100_000,
    "deep keys": "".join(f"{' ' * level}a:\n" for level in range(500)),
    "deep aliases": "a0: &a0 [1]\n" + "".join(f"a{n + 1}: &a{n + 1} [*a{n}]\n" for n in range(5000)),
    "many values": "a: [" + "1," * 100_000 + "]",
    "question marks": "? " * 100_000,
}  # fmt: skip


@pytest.mark.parametrize("text", BOMBS.values(), ids=BOMBS)
def test_bombs_are_refused_at_once(text: str) -> None:
    began = time.monotonic()
    message = refused(text)
    assert time.monotonic() - began < 20  # a bomb would take hours
    assert any(words in message for words in ("nested too deep", "more than", "not YAML")), message


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    for path in (tmp_path / "missing", tmp_path, tmp_path / ("x" * 300)):
        with pytest.raises(DefinitionError, match=r"no such file|cannot be read"):
            read(path)
    with pytest.raises(DefinitionError, match=r"no such file|not a file name"):
        read(Path("a\0b"))
