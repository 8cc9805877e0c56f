"""What a worker's port answers, and to whom."""

import json

import pytest

from quietclicks.agents.web.exchange import Answer, Request
from quietclicks.agents.web.operations import HEALTHY, STALLED_SECONDS, Operations

TOLD = {"state": "ok", "partitions": {"anonymise": [0, 1]}, "metrics": "quietclicks_x 1\n"}


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def ask(operations: Operations, path: str, **headers: str) -> Answer:
    return operations.answer(Request("GET", path, {}, headers))


def operations(
    token: str | None = None, *, on_this_machine: bool = True, clock: Clock | None = None
) -> Operations:
    return Operations(token, on_this_machine=on_this_machine, clock=clock or Clock())


def test_health_is_what_was_told_last() -> None:
    one = operations()
    before = ask(one, "/healthz")
    assert (before.status, json.loads(before.body)["state"]) == (503, "joining")
    for state in ("ok", "standby", "joining", "restoring", "failed"):
        one.tell({**TOLD, "state": state})
        answer = ask(one, "/healthz")
        assert json.loads(answer.body) == {"state": state, "partitions": {"anonymise": [0, 1]}}
        assert answer.status == (200 if state in HEALTHY else 503)
        assert answer.headers["Content-Type"] == "application/json"


def test_a_worker_that_says_nothing_any_more_is_not_well() -> None:
    clock = Clock()
    one = operations(clock=clock)
    one.tell(TOLD)
    clock.now += STALLED_SECONDS
    assert ask(one, "/healthz").status == 200
    clock.now += 0.1
    stalled = ask(one, "/healthz")
    assert (stalled.status, json.loads(stalled.body)["state"]) == (503, "stalled")
    one.tell(TOLD)
    assert ask(one, "/healthz").status == 200


@pytest.mark.parametrize(
    ("here", "token", "shown", "may"),
    [
        pytest.param(True, None, None, True, id="on this machine"),
        pytest.param(False, None, None, False, id="open to others, without a token"),
        pytest.param(False, None, "Bearer None", False, id="a token that is not set"),
        pytest.param(False, None, "Bearer ", False, id="an empty one that is not set"),
        pytest.param(False, "s3cret", None, False, id="none shown"),
        pytest.param(False, "s3cret", "Bearer s3cret", True, id="the token"),
        pytest.param(False, "s3cret", "bearer  s3cret ", True, id="the token, written otherwise"),
        pytest.param(False, "s3cret", "Bearer other", False, id="another token"),
        pytest.param(False, "s3cret", "Bearer s3cret s3cret", False, id="twice"),
        pytest.param(False, "s3cret", "Bearer s3cret, Bearer s3cret", False, id="two headers"),
        pytest.param(False, "s3cret", "s3cret", False, id="not as a bearer token"),
        pytest.param(False, "s3cret", "Basic s3cret", False, id="another scheme"),
        pytest.param(True, "s3cret", None, False, id="a token counts everywhere"),
        pytest.param(True, "s3cret", "Bearer \xe2\x98\x83", False, id="odd bytes"),
        pytest.param(True, "s3cret", "Bearer \x7f\xff", False, id="no text"),
        pytest.param(True, "s3cret", "Bearer ☃", False, id="what no header can hold"),
        pytest.param(True, "s3cret", "", False, id="empty"),
        pytest.param(True, "☃", "Bearer \xe2\x98\x83", True, id="an odd token, as it is sent"),
    ],
)
def test_who_may_read_metrics(here: bool, token: str | None, shown: str | None, may: bool) -> None:
    one = operations(token, on_this_machine=here)
    one.tell(TOLD)
    headers = {} if shown is None else {"authorization": shown}
    answer = ask(one, "/metrics", **headers)
    assert answer.status == (200 if may else 401)
    assert (answer.body == b"quietclicks_x 1\n") is may
    if may:
        assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    else:
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert (token or "x") not in answer.body.decode()


@pytest.mark.parametrize("path", ["/", "/metrics/", "/Healthz", "/api/trends", "/healthz?", ""])
def test_nothing_else_is_there(path: str) -> None:
    assert ask(operations(), path).status == 404
