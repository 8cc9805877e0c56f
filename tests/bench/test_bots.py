"""The measurement of bots reads what packages ship, and counts what is told wrongly."""

from pathlib import Path

import pytest

from tests.bench.bots import is_kept_back, is_right_device, is_wrong, line, user_agents

CHROME = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/126.0.0.0 Safari/537.36"
)


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("a.txt", "One/1\nTwo/2\n", ["One/1", "Two/2"]),
        ("a.json", '[{"userAgent": "One/1", "w": 1}, {"x": {"user_agent": "Two/2"}}]', None),
        ("a.jsonl", '{"useragent": "One/1"}\n{"useragent": "Two/2"}\n', None),
        ("a.yml", "-\n  user_agent: One/1\n  os: x\n-\n  user_agent: 'Two/2'\n", None),
        ("q.yml", """- user_agent: 'it''s'\n- user_agent: "a \\"b\\""\n""", ["it's", 'a "b"']),
    ],
)
def test_files(tmp_path: Path, name: str, text: str, expected: list[str] | None) -> None:
    path = tmp_path / name
    path.write_text(text)
    assert list(user_agents(path)) == (expected or ["One/1", "Two/2"])


def test_each_agent_counts_once() -> None:
    agents = [CHROME, CHROME, f"{CHROME} ZzyzxBot/1", "", f"{CHROME} Edg/126.0.0.0"]
    assert "     1 of       3  33.33 %" in line("people", "x", is_wrong(agents, programs=False))
    assert "     2 of       3  66.67 %" in line("programs", "x", is_wrong(agents, programs=True))


def test_devices_are_compared_by_their_type(tmp_path: Path) -> None:
    path = tmp_path / "a.yml"
    path.write_text(
        f"-\n  user_agent: {CHROME}\n  os:\n    name: x\n  device:\n    type: desktop\n"
        f"-\n  user_agent: {CHROME} Edg/1\n  device:\n    type: tv\n    brand: x\n"
        f"-\n  user_agent: {CHROME} Edg/2\n  device:\n    type: kitchen sink\n"
    )
    found = is_right_device([path])
    assert found["desktop"] == {CHROME: True}
    assert found["tv"] == {f"{CHROME} Edg/1": False}


def test_about_half_is_kept_back_and_always_the_same() -> None:
    kept = [is_kept_back(f"agent {number}") for number in range(1000)]
    assert 400 < sum(kept) < 600
    assert kept == [is_kept_back(f"agent {number}") for number in range(1000)]
