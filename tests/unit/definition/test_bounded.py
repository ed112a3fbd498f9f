# ruff: noqa: E501  (a table: one definition a line)
"""Definitions as large as they may be, made to be slow: each is refused within seconds."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.unit.definition.definitions import SMALL, problems, write

WITHIN_S = 4.0
HEAD = "schema: 1\ntitle: x\nnodes: {n: {address: 198.18.1.2/24}}\n"


def many(number: int, line: str) -> str:
    return "".join(f"{line.replace('#', str(each))}\n" for each in range(number))


LARGE = {
    "unknown keys": HEAD + many(12_000, "key#: 1"),
    "unknown probes": HEAD + "healthy:\n" + many(6_000, "  probe#: {loss: 0}"),
    "unknown nodes": HEAD + "probes:\n" + many(4_500, "  p#: {node: m#, ping: n#}"),
    "unknown kinds": HEAD + "probes:\n" + many(4_500, "  p#: {node: n, pingx#: n}"),
    "many nodes": "schema: 1\ntitle: x\nnodes:\n" + many(4_500, "  m#: {address: 198.18.1.2/24}"),
    "many faults": HEAD + "faults:\n" + many(4_000, "  f#: {node: n, mtu: {mtu: 10000}}"),
    "faults that nothing removes": HEAD + "faults:\n" + many(4_000, "  f#: {node: n, mtu: {mtu: 100}}"),
    "removes": HEAD + "solution:\n- title: x\n  run: {n: x}\n  removes:\n" + many(12_000, "  - f#"),
    "looks": HEAD + "solution:\n- title: x\n  look:\n" + many(4_000, "  - {n: x, shows: '(a#'}"),
    "regular expressions": HEAD + "solution:\n- title: x\n  look:\n" + many(230, "  - {n: x, shows: '" + "(a|b)*" * 160 + "#('}"),
    "nested groups": HEAD + "solution:\n- title: x\n  look:\n" + many(200, "  - {n: x, shows: '" + "(" * 990 + "#'}"),
    "unknown parameters": HEAD + "story: " + " ".join(f"$x{each}" for each in range(30_000)) + "\n",
    "long parameters": HEAD + f"parameters: {{p: {'y' * 200}}}\n" + "hints:\n" + many(100, "- " + "$p" * 1_000),
    "bad formulas": SMALL.replace("KIND", "mtu").replace("}}}\n", "}}, solution: [\n") + many(2_500, "{title: t#, expect: {syn: {loss: 1+#x}}},") + "]}",
    "routes": HEAD.replace("/24}}", "/24, routes: {\n") + many(5_000, "10.#.0.0/16: 198.18.1.1,") + "}}}\n",
    "files": HEAD.replace("/24}}", "/24, files: {\n") + "/a/b: {content: x}," + many(4_500, "/a/b/c/d/#: {content: x},") + "}}}\n",
    "resolvers": HEAD.replace("/24}}", "/24, resolv_conf: [\n") + many(12_000, "x#,") + "]}}\n",
    "aliases of a wrong node": "schema: 1\ntitle: x\nnodes:\n  a: &a {x: 1, y: 2, z: 3}\n" + many(3_500, "  m#: *a"),
}  # fmt: skip


@pytest.mark.parametrize("text", LARGE.values(), ids=LARGE)
def test_a_large_definition(tmp_path: Path, text: str) -> None:
    assert len(text) <= 256 * 1024
    folder = write(tmp_path, text)
    began = time.process_time()
    found = problems(folder)
    assert time.process_time() - began < WITHIN_S
    assert 0 < len(found) <= 101
