# SPDX-License-Identifier: Apache-2.0
"""The OpenAPI document: every example is one, every field of a document says what it is."""

from __future__ import annotations

import re
from typing import Any

import pytest
from pydantic import BaseModel

from oracle.api import margin_models, market_models, option_models, problems, proof_models
from tests.api.conftest import Served

MODELS = {
    model.__name__: model
    for module in (margin_models, market_models, option_models, problems, proof_models)
    for model in vars(module).values()
    if isinstance(model, type) and issubclass(model, BaseModel) and model is not BaseModel
}
ROUTES = {
    "/live",
    "/ready",
    "/metrics",
    "/v1/markets",
    "/v1/markets/{market}/surface",
    "/v1/markets/{market}/greeks",
    "/v1/markets/{market}/option",
    "/v1/markets/{market}/accounts/{address}/health",
    "/v1/markets/{market}/margin",
    "/v1/proofs",
    "/v1/proofs/{proof_id}",
    "/v1/circuits",
    "/v1/circuits/{circuit_id}",
    "/v1/stream",
}
SCALED = re.compile(r"_(e\d|q\d+)$")


@pytest.fixture(scope="module")
def document(api: Served) -> dict[str, Any]:
    found: dict[str, Any] = api.client.get("/openapi.json").json()
    return found


def test_the_document_lists_exactly_the_routes(document: dict[str, Any]) -> None:
    assert set(document["paths"]) == ROUTES


def test_every_reference_has_its_schema(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    references = set(re.findall(r"#/components/schemas/(\w+)", str(document)))
    assert references <= set(schemas)
    assert set(schemas) <= set(MODELS)


def test_every_document_of_a_route_has_an_example_that_validates(document: dict[str, Any]) -> None:
    roots = {
        reference.rsplit("/", 1)[1] for reference in re.findall(r"#/components/schemas/\w+", str(document["paths"]))
    }
    assert {"SurfaceDocument", "GreeksDocument", "MarginRequest", "ProofDocument", "Problem"} <= roots
    for name in roots:
        examples = document["components"]["schemas"][name]["examples"]
        assert examples, name
        for example in examples:
            shown = MODELS[name].model_validate(example).model_dump(mode="json")
            assert shown == example, name


def test_every_scaled_field_says_its_unit(document: dict[str, Any]) -> None:
    for name, schema in document["components"]["schemas"].items():
        for field, described in schema.get("properties", {}).items():
            if SCALED.search(field) or field.endswith(("_ticks", "_ms")):
                assert described.get("description") or "$ref" in str(described), f"{name}.{field}"


def test_errors_are_described_as_problems(document: dict[str, Any]) -> None:
    for path, methods in document["paths"].items():
        for operation in methods.values():
            for status, answer in operation["responses"].items():
                if path.startswith("/v1") and status != "200":
                    assert set(answer["content"]) == {problems.MEDIA_TYPE}, (path, status)


def test_every_operation_has_a_description(document: dict[str, Any]) -> None:
    for path, methods in document["paths"].items():
        for operation in methods.values():
            assert operation["description"], path
