"""The worker's web pages: the live page and its data, health, and metrics."""

from collections.abc import Sequence
from typing import Any

from quietclicks.agents.kafka.runner import Runner
from quietclicks.agents.metrics import CONTENT_TYPE, Metrics, may_read
from quietclicks.agents.settings import Settings
from quietclicks.agents.web.page import FILES, SECURITY_HEADERS, TRENDS_PATH, Answer, WebPage
from quietclicks.pipeline.dashboard.store import LiveTrends
from quietclicks.pipeline.policy import Policy

HEALTHY = frozenset({"ok", "standby"})


def add_pages(
    app: Any,
    settings: Settings,
    trends: LiveTrends,
    runners: Sequence[Runner],
    metrics: Metrics,
    policy: Policy,
) -> None:
    """Register every route on a Faust app."""
    release = policy.release
    # Plain strings: the JSON library takes no enum for a key.
    thresholds = {dimension.value: k for dimension, k in release.k_dimension.items()}
    page = WebPage(trends, {"k": release.k, "k_dimension": thresholds, "revision": policy.revision})

    def answered(view: Any, answer: Answer) -> Any:
        return view.bytes(answer.body, status=answer.status, headers=dict(answer.headers))

    def add_file(path: str) -> None:
        @app.page(path, name=f"file {path}")  # type: ignore[untyped-decorator]  # Faust's
        async def file(view: Any, request: Any) -> Any:
            return answered(view, page.file(path, request.headers.get("If-None-Match")))

    for path in FILES:
        add_file(path)

    @app.page(TRENDS_PATH, name="trends")  # type: ignore[untyped-decorator]  # Faust's
    async def trends_data(view: Any, request: Any) -> Any:
        return answered(view, page.trends(request.query, request.headers.get("If-None-Match")))

    @app.page("/metrics", name="metrics")  # type: ignore[untyped-decorator]  # Faust's
    async def exposition(view: Any, request: Any) -> Any:
        headers = {**SECURITY_HEADERS, "Content-Type": CONTENT_TYPE}
        # Who looks at the live page need not be the operator, and these are the operator's.
        if not may_read(settings, request.headers.get("Authorization")):
            headers["WWW-Authenticate"] = "Bearer"
            return view.bytes(b"see QUIETCLICKS_METRICS_TOKEN\n", status=401, headers=headers)
        return view.bytes(metrics.exposition(), headers=headers)

    @app.page("/healthz", name="health")  # type: ignore[untyped-decorator]  # Faust's
    async def health(view: Any, request: Any) -> Any:
        state = health_of(runners)
        return view.json(
            {"state": state, "partitions": {r.name: sorted(r.partitions) for r in runners}},
            status=200 if state in HEALTHY else 503,
        )


def health_of(runners: Sequence[Runner]) -> str:
    """The worst of its stages; `standby` only if no stage has a partition for this worker."""
    states = [each.state for each in runners]
    if any(each.crashed for each in runners):
        return "failed"
    for state in ("joining", "restoring", "ok"):
        if state in states:
            return state
    return "standby"
