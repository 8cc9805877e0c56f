"""The worker's web server answers for our pages, and for none that a library brings along."""

import base64
from typing import Any

from quietclicks.agents.app import build_app
from quietclicks.agents.settings import KEY_BYTES, Settings
from quietclicks.agents.web.page import FILES, TRENDS_PATH
from quietclicks.pipeline.policy import parse

POLICY = """
revision = "2026-11-22"
version = 1
[sites."shop.example"]
"""


def test_it_answers_for_our_pages_only() -> None:
    key = base64.b64encode(bytes(KEY_BYTES)).decode()
    app = build_app(Settings(key_encryption_key=key), parse(POLICY, "policy.toml"))
    app.finalize()
    web: Any = app.web
    web.blueprints.apply(web)
    routes = {route.resource.canonical for route in web.web_app.router.routes()}
    assert routes == {*FILES, TRENDS_PATH, "/metrics", "/healthz"}
