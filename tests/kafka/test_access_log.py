"""A real access log through a real run, against a count made straight from the log.

The count knows the log's format, what a page view is, who is a bot, and the rules of release in
their shortest form; it shares nothing else with the pipeline.
"""

import gzip
import re
from collections import Counter, defaultdict
from datetime import datetime
from pathlib import Path

from quietclicks.agents.metrics import EXACT, STEP
from quietclicks.pipeline.fields.bots import is_bot
from quietclicks.schemas import topics
from tests.commands.typed import typed
from tests.kafka.world import policy_text, until, world

K, CAP_HOUR, CAP_DAY = 10, 10, 50  # deploy/policy.toml

LINE = re.compile(
    r"(?P<ip>\S+) \S+ \S+ \[(?P<time>[^\]]+)\] "
    r'"(?P<method>\S+) (?P<path>[^" ?]*)\S*(?: HTTP/1\.\d)?"'
    r' (?P<status>\d+) \S+ "(?:[^"\\]|\\.)*" "(?P<agent>(?:[^"\\]|\\.)*)"'
)
ASSET = re.compile(  # of the kinds that occur in this log
    r"(?i)\.(?:png|jpe?g|gif|ico|svg|css|js|xsl|xml|rss|rdf|atom|woff|ttf|eot|swf|json|zip|gz|bz2"
    r"|tar|tgz|rpm|deb|jar|exe|img|iso|mp3|mp4|mpe?g|ogg|ogv|avi|wav|dmg)/?$"
    r"|/(?:robots\.txt|favicon\.ico|feed|feeds|rss|atom)/?$"
)


class Windows:
    """Views and visitors by hour."""

    def __init__(self) -> None:
        self.views: Counter[datetime] = Counter()
        self.visitors: defaultdict[datetime, set[tuple[str, str]]] = defaultdict(set)
        self._in: Counter[tuple[datetime, int, tuple[str, str]]] = Counter()

    def add(self, hour: datetime, who: tuple[str, str]) -> None:
        """One view, if the caps let it count."""
        of_day, of_hour = (hour.replace(hour=0), 24, who), (hour, 1, who)
        if self._in[of_day] < CAP_DAY and self._in[of_hour] < CAP_HOUR:
            self._in.update([of_day, of_hour])
            self.views[hour] += 1
            self.visitors[hour].add(who)

    @property
    def published(self) -> dict[str, int]:
        """Hours that k visitors or more stand behind, with their views."""
        return {
            start(hour): views
            for hour, views in self.views.items()
            if len(self.visitors[hour]) >= K
        }

    @property
    def days(self) -> dict[str, int]:
        """Published days: all hours, but those waiting if fewer than k visitors are behind them."""
        found = {}
        for day in {hour.replace(hour=0) for hour in self.views}:
            hours = [hour for hour in self.views if hour.replace(hour=0) == day]
            waiting = [hour for hour in hours if len(self.visitors[hour]) < K]
            if len(set().union(*(self.visitors[hour] for hour in waiting))) < K:
                hours = [hour for hour in hours if hour not in waiting]
            if len(set().union(*(self.visitors[hour] for hour in hours))) >= K:
                found[start(day)] = sum(self.views[hour] for hour in hours)
        return found


class Count:
    """What happens to every line, and the views of people and of programs."""

    def __init__(self, lines: list[str]) -> None:
        self.reasons: Counter[str] = Counter()
        self.people, self.bots = Windows(), Windows()
        for line in lines:
            found = LINE.match(line)
            if not line.endswith('"'):  # one is cut off
                self.reasons["unreadable_line"] += 1
                continue
            if (
                found is None
                or found["method"] != "GET"
                or found["status"] not in {"200", "304"}
                or ASSET.search(found["path"])
            ):
                self.reasons["not_a_page"] += 1
                continue
            agent = found["agent"]
            bot = is_bot(None if agent == "-" else agent)
            self.reasons["bot" if bot else "pseudonymised"] += 1
            at = datetime.strptime(found["time"], "%d/%b/%Y:%H:%M:%S %z")
            windows = self.bots if bot else self.people
            windows.add(at.replace(minute=0, second=0), (found["ip"], agent))


def start(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


async def test_the_books_balance_and_the_totals_agree(tmp_path: Path, shared: Path) -> None:
    log = shared / "data" / "apache_access_2015.log.gz"
    lines = gzip.decompress(log.read_bytes()).decode().splitlines()
    count = Count(lines)
    assert len(lines) == 10_000
    for windows in (count.people, count.bots):
        published = len(windows.published)
        assert 0 < published < len(windows.views), "both sides of the threshold must occur"

    async with world(tmp_path, policy_text(raw_partitions=3)) as made:
        workers = [made.work(), made.work()]
        sent = typed(
            *("replay", "--consent", "analytics", "--site", "shop.example", str(log)),
            bootstrap=made.settings.bootstrap,
            app=made.settings.app,
            policy=made.settings.policy or "",
        )
        assert (sent.returncode, sent.stderr) == (0, "10,000 events sent, 1 could not be read\n")
        await made.all_released()
        output = await made.output()
        totals, apart = await made.trends(), await made.trends(topics.UNCOUNTED)
        keys = [record.key or b"" for record in await made.read(topics.KEYS)]
        reasons = Counter(reason for reason, _, _ in output.rejected.elements())
        exact = {reason: number for reason, number in reasons.items() if reason in EXACT}

        async def counted() -> Counter[str]:
            """Once the ports have been told of the last of it, the counters say the same."""
            found: Counter[str] = Counter()
            for worker in workers:
                for (_, outcome), number in (await worker.outcomes()).items():
                    found[outcome] += int(number)
            published = sum(found[topic] for topic in topics.PUBLISHED) == output.trends.total()
            rejected = {reason: found[reason] for reason in exact} == exact
            return found if published and rejected else Counter()

        counters = await until(counted, f"{output.trends.total()} trends, and {exact}")

    # The books, to the line.
    assert output.pseudonymised.total() + reasons.total() == 10_000
    assert reasons | {"pseudonymised": output.pseudonymised.total()} == count.reasons
    assert set(output.rejected.values()) == {1}
    assert set(output.pseudonymised.values()) == {1}
    assert not output.partners

    # What was published, and what was withheld.
    for found, site, windows in (
        (totals, "shop.example", count.people),
        (apart, "shop.example (bots)", count.bots),
    ):
        assert {each.site for each in found} == {site}
        hours = [each for each in found if each.window == "PT1H"]
        days = [each for each in found if each.window == "P1D"]
        assert {each.start: each.views for each in hours} == windows.published
        assert {each.start: each.views for each in days} == windows.days
        published = len(windows.published) + len(windows.days)
        assert len(found) == published, "a window was published twice"
        assert all(each.visitors % K == 0 for each in found)

    # Two workers asked for the days' keys at once: one each.
    assert sorted(keys) == [start(day)[:10].encode() for day in sorted(days_of(count))]

    assert counters[topics.PSEUDONYMISED] > 0
    assert counters[topics.PSEUDONYMISED] % STEP == 0, "rounded"


def days_of(count: Count) -> set[datetime]:
    return {hour.replace(hour=0) for hour in count.people.views | count.bots.views}


def test_the_policy_is_the_one_counted_with() -> None:
    for line in (f"k = {K} ", f"cap_hour = {CAP_HOUR} ", f"cap_day = {CAP_DAY} "):
        assert f"\n{line}" in policy_text()
