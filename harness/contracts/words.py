"""Words as a person types them into a shell."""

from __future__ import annotations

import shlex
from typing import Annotated

from pydantic import AfterValidator


def split(text: str) -> list[str]:
    """The words of a line. Raises ValueError for one that a shell cannot take apart."""
    try:
        return shlex.split(text)
    except ValueError as error:
        raise ValueError(f"a shell cannot read it: {str(error).lower()}") from None


def _checked(text: str) -> str:
    split(text)
    return text


Words = Annotated[str, AfterValidator(_checked)]
"""Words that a shell can take apart."""
