"""The base of every map in rules.yaml."""

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """One map in rules.yaml. Keys that are not named here are mistakes.

    The text below a field is its description: it stands in the reference and in the JSON Schema.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, use_attribute_docstrings=True
    )
