"""The OpenAPI description of the control interface: what each operation takes, from the table of operations.

Invariants: what is described is what is accepted, for both come from the same request models. The description is made
when it is asked for.
"""

from __future__ import annotations

from typing import Final

from fastapi import FastAPI
from pydantic.json_schema import models_json_schema

from dicom_workstation.operations import OPERATIONS, AnyOperation, Door

_COMPONENTS: Final = "#/components/schemas/{model}"


def describe_operations(app: FastAPI) -> None:
    """Have the body of `POST /operations` described as one of the operations, told apart by `operation`."""
    plain = app.openapi

    def described() -> dict[str, object]:
        if app.openapi_schema is None:
            document = plain()
            schemas = document["components"]["schemas"]
            schemas.update(operation_schemas())
            schemas["Request"] = _one_of_the_operations()
        return dict(app.openapi_schema or {})

    app.openapi = described  # type: ignore[method-assign]  # the way that FastAPI's manual gives


def operation_schemas() -> dict[str, object]:
    """Return the schemas of the requests, and for each operation that of the body that asks for it."""
    models = sorted({each.request for each in OPERATIONS}, key=lambda model: model.__name__)
    _, found = models_json_schema([(model, "validation") for model in models], ref_template=_COMPONENTS)
    bodies = {_body_name(each): _body(each) for each in OPERATIONS if Door.HTTP in each.doors}
    return {**found.get("$defs", {}), **bodies}


def _one_of_the_operations() -> dict[str, object]:
    named = {each.name: _COMPONENTS.format(model=_body_name(each)) for each in OPERATIONS if Door.HTTP in each.doors}
    return {
        "title": "Request",
        "oneOf": [{"$ref": reference} for reference in named.values()],
        "discriminator": {"propertyName": "operation", "mapping": named},
    }


def _body_name(operation: AnyOperation) -> str:
    return f"{''.join(word.capitalize() for word in operation.name.split('_'))}Operation"


def _body(operation: AnyOperation) -> dict[str, object]:
    peer: dict[str, object] = {"description": f"the name of a peer: {operation.peer}"}
    peer |= {"type": "string"} if operation.peer_is_required else {"anyOf": [{"type": "string"}, {"type": "null"}]}
    needs_arguments = any(field.is_required() for field in operation.request.model_fields.values())
    return {
        "title": _body_name(operation),
        "description": operation.summary,
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "operation": {"const": operation.name},
            "peer": peer,
            "arguments": {"$ref": _COMPONENTS.format(model=operation.request.__name__)},
        },
        "required": [
            "operation",
            *(["peer"] if operation.peer_is_required else []),
            *(["arguments"] if needs_arguments else []),
        ],
    }
