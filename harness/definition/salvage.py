"""What is left of a definition when everything that does not fit its shape is taken out.

So that one mistake in the shape does not hide the mistakes in everything else. What was taken out has been told.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from droplab.harness.definition.shape_errors import Shape, path_in
from droplab.harness.definition.yaml_positions import Trail

ROUNDS = 12  # what is taken out may leave something incomplete, which is taken out next


def salvaged(model: type[Shape], data: Any, missing: Mapping[str, Any]) -> Shape | None:
    """``data`` without what does not fit ``model``, and ``missing`` for keys that it lacks. None if nothing is left."""
    rest = copy.deepcopy(data)
    for _ in range(ROUNDS):
        try:
            return model.model_validate(rest)
        except ValidationError as error:
            details = error.errors(include_url=False, include_context=False)
        lacks = [path_in(rest, detail["loc"], missing=True) for detail in details if detail["type"] == "missing"]
        wrong = [path_in(rest, detail["loc"]) for detail in details if detail["type"] != "missing"]
        for path in lacks:
            if path[-1] in missing:
                _at(rest, path[:-1])[path[-1]] = copy.deepcopy(missing[str(path[-1])])
            else:
                wrong.append(path[:-1])
        for path in wrong:
            _take_out(rest, path)
    return None


def _take_out(data: Any, path: Trail) -> None:
    """The nearest key on the way to ``path``: without one of its items a list would count differently."""
    while path and isinstance(path[-1], int):
        path = path[:-1]
    if path:
        _at(data, path[:-1]).pop(path[-1], None)


def _at(data: Any, path: Trail) -> Any:
    for part in path:
        data = data.get(part, {}) if isinstance(data, dict) else data[part]
    return data
