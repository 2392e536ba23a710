"""Reads the YAML files of this package."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from tests.interop.backstage.errors import CannotRunError

Model = TypeVar("Model", bound=BaseModel)


def read_yaml(file: Path, model: type[Model], meaning: str) -> Model:
    """Read a file as a model.

    Parameters:
        file: the file.
        model: its form.
        meaning: what it should be, for the message: "list of changes".

    Raises:
        CannotRunError: the file is not of that form.
    """
    try:
        return model.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise CannotRunError(f"{file} is no {meaning}: {error}") from error
