"""The table that CI prints: every kind, its layer, the four sides of its proof, and how long it took."""

from __future__ import annotations

from dataclasses import dataclass, field

from droplab.harness.engine.report import Proof


@dataclass(frozen=True)
class Row:
    """One kind. The sides begin with ok, none or failed; ``reason`` says why it was not run."""

    kind: str
    layer: str
    sides: tuple[str, ...]
    took_s: float
    reason: str = ""

    @classmethod
    def of(cls, kind: str, layer: str, proof: Proof, took_s: float) -> Row:
        """A kind that was proven, twice in ``took_s`` seconds."""
        sides = (proof.artifact, proof.trace, proof.symptom, proof.control)
        return cls(kind, layer, tuple(side.partition(":")[0].partition(" ")[0] for side in sides), took_s)

    @classmethod
    def not_run(cls, kind: str, layer: str, reason: str) -> Row:
        """A kind that this machine cannot try."""
        return cls(kind, layer, (), 0.0, reason)


@dataclass
class Table:
    """The rows so far."""

    rows: list[Row] = field(default_factory=list)

    def add(self, row: Row) -> None:
        """One more kind."""
        self.rows.append(row)

    def lines(self) -> list[str]:
        """As text, sorted by layer."""
        head = f"{'kind':22} {'layer':10} {'artifact':9} {'trace':9} {'symptom':9} {'control':9} {'twice, ms':>9}"
        body = [
            f"{row.kind:22} {row.layer:10} "
            + (f"not run: {row.reason}" if row.reason else "".join(f"{side:10}" for side in row.sides))
            + ("" if row.reason else f"{row.took_s * 1e3:9.0f}")
            for row in sorted(self.rows, key=lambda row: (row.layer, row.kind))
        ]
        return [head, *body]
