# SPDX-License-Identifier: Apache-2.0
"""Errors of the read API as JSON (RFC 9457): ``type`` is the stable name of the broken rule.

ApiProblem
├── InvalidRequest      422  a path, query, header or body value breaks its rule (``errors`` names field, value, rule)
├── AccountNotValued    422  an account outside what the margin statements cover
├── MalformedBody       400  a body that is not JSON
├── BodyTooLarge        413  a body above the limit
├── BodyTooSlow         408  a body that does not arrive in time
├── UnknownRoute        404  a path that leads nowhere
├── MethodNotAllowed    405  a method that the path does not take
├── UnknownMarket       404  a market that is not served
├── UnknownProof        404  a proof that is not kept
├── UnknownCircuit      404  a circuit without artefact
├── NothingLanded       503  no epoch of the market has landed yet
├── TooManyStreams      503  all places of the event stream are taken
├── ChainUnavailable    503  the Ethereum node does not answer or refuses
└── InternalError       500  an unexpected error; the log has its cause
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from oracle.errors import RiskOracleError

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
SHOWN_CHARACTERS = 80
SHOWN_ERRORS = 8


class FieldError(BaseModel):
    """One value that breaks its rule."""

    field: str = Field(description="Where the value stands, parts joined by dots", examples=["body.cash_e6"])
    value: str = Field(description="The value as text, shortened", examples=["-1"])
    rule: str = Field(description="The rule it breaks", examples=["Input should be greater than 0"])


class Problem(BaseModel):
    """An error; only ``type`` is stable."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "UnknownMarket",
                    "title": "A market that is not served",
                    "status": 404,
                    "detail": "market 'DOGE-USD': served are BTC-USD, ETH-USD",
                    "errors": [],
                }
            ]
        }
    )

    type: str = Field(description="Stable name of the broken rule")
    title: str = Field(description="What the name means")
    status: int = Field(description="HTTP status")
    detail: str = Field(description="This occurrence, for people")
    errors: list[FieldError] = Field(description="Values at fault, up to eight")


class ApiProblem(RiskOracleError):
    """Root of what the API answers instead of a document."""

    status: ClassVar[int]
    title: ClassVar[str]

    def __init__(self, detail: str, errors: Sequence[FieldError] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = tuple(errors)

    def response(self) -> JSONResponse:
        """The error as the client sees it."""
        problem = Problem(
            type=type(self).__name__,
            title=self.title,
            status=self.status,
            detail=self.detail,
            errors=list(self.errors),
        )
        return JSONResponse(problem.model_dump(), status_code=self.status, media_type=MEDIA_TYPE)


class InvalidRequest(ApiProblem):
    """A value of the request breaks its rule."""

    status = 422
    title = "A value of the request breaks its rule"


class AccountNotValued(ApiProblem):
    """An account outside what the margin statements cover."""

    status = 422
    title = "An account outside what the margin statements cover"


class MalformedBody(ApiProblem):
    """A body that is not JSON."""

    status = 400
    title = "A body that is not JSON"


class BodyTooLarge(ApiProblem):
    """A body above the limit."""

    status = 413
    title = "A body above the limit"


class BodyTooSlow(ApiProblem):
    """A body that does not arrive in time."""

    status = 408
    title = "A body that does not arrive in time"


class UnknownRoute(ApiProblem):
    """A path that leads nowhere."""

    status = 404
    title = "A path that leads nowhere"


class MethodNotAllowed(ApiProblem):
    """A method that the path does not take."""

    status = 405
    title = "A method that the path does not take"


class UnknownMarket(ApiProblem):
    """A market that is not served."""

    status = 404
    title = "A market that is not served"


class UnknownExpiry(ApiProblem):
    """An expiry without landed slice."""

    status = 404
    title = "An expiry without landed slice"


class OptionNotPriced(ApiProblem):
    """A strike that the option statement does not cover."""

    status = 422
    title = "A strike that the option statement does not cover"


class UnknownProof(ApiProblem):
    """A proof that is not kept."""

    status = 404
    title = "A proof that is not kept"


class UnknownCircuit(ApiProblem):
    """A circuit without artefact."""

    status = 404
    title = "A circuit without artefact"


class NothingLanded(ApiProblem):
    """No epoch of the market has landed yet."""

    status = 503
    title = "No epoch of the market has landed yet"


class TooManyStreams(ApiProblem):
    """All places of the event stream are taken."""

    status = 503
    title = "All places of the event stream are taken"


class ChainUnavailable(ApiProblem):
    """The Ethereum node does not answer or refuses."""

    status = 503
    title = "The Ethereum node does not answer or refuses"


class InternalError(ApiProblem):
    """An unexpected error; the log has its cause."""

    status = 500
    title = "An unexpected error"


_BY_STATUS: dict[int, type[ApiProblem]] = {
    kind.status: kind for kind in (MalformedBody, UnknownRoute, MethodNotAllowed)
}


def shown(value: object) -> str:
    """A hostile value as short text."""
    text = str(value) if isinstance(value, (str, int, float, bool)) else type(value).__name__
    return text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + "..."


def responses(*kinds: type[ApiProblem]) -> dict[int | str, dict[str, Any]]:
    """What a route may answer besides its document, for OpenAPI."""
    by_status: dict[int, list[type[ApiProblem]]] = {}
    all_kinds: list[type[ApiProblem]] = [*kinds, InvalidRequest]
    for kind in all_kinds:
        by_status.setdefault(kind.status, []).append(kind)
    schema = {"schema": {"$ref": "#/components/schemas/Problem"}}
    return {
        status: {"description": ", ".join(dict.fromkeys(k.__name__ for k in found)), "content": {MEDIA_TYPE: schema}}
        for status, found in by_status.items()
    }


def _invalid_request(error: RequestValidationError) -> InvalidRequest:
    found: Sequence[Mapping[str, Any]] = error.errors()
    fields = [
        FieldError(
            field=shown(".".join(str(part) for part in item["loc"])), value=shown(item.get("input")), rule=item["msg"]
        )
        for item in found[:SHOWN_ERRORS]
    ]
    return InvalidRequest(f"{len(found)} values break their rules", fields)


def install_problems(app: FastAPI) -> None:
    """Answers every error of ``app`` with a :class:`Problem`; unexpected ones say nothing of their cause and are logged."""

    @app.exception_handler(ApiProblem)
    async def problem(_: Request, error: ApiProblem) -> JSONResponse:
        return error.response()

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        return _invalid_request(error).response()

    @app.exception_handler(HTTPException)
    async def http(_: Request, error: HTTPException) -> JSONResponse:
        answer = _BY_STATUS.get(error.status_code, InternalError)(str(error.detail)).response()
        answer.headers.update(error.headers or {})
        return answer

    @app.exception_handler(Exception)
    async def unexpected(request: Request, error: Exception) -> JSONResponse:
        log.error("%s %s: %r", request.method, request.url.path, error)
        return InternalError("the node's log has the cause").response()
