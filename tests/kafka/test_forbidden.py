"""`quietclicks run` with a policy that forbids everything: nothing is released, and it says so."""

import subprocess
import sys
from datetime import date
from pathlib import Path

from quietclicks.demo.shop import sample_day
from tests.paths import ROOT


def test_nothing_is_released_and_it_says_so(tmp_path: Path) -> None:
    text = (ROOT / "deploy" / "policy.toml").read_text()
    assert text.count("\nenabled = true") == 4
    (tmp_path / "policy.toml").write_text(text.replace("\nenabled = true", "\nenabled = false"))
    (tmp_path / "log").write_bytes(b"\n".join(sample_day(3, date(2024, 2, 29), visitors=200)))
    done = subprocess.run(
        [
            *(sys.executable, "-m", "quietclicks", "run", "--once"),
            *("--policy", str(tmp_path / "policy.toml")),
            *("--log", str(tmp_path / "log")),
            *("--site", "shop.example", "--consent", "analytics,partners"),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stderr == ""
    said = done.stdout
    assert " 0 pseudonymised" in said
    assert "the books balance" in said
    assert "Nothing was released" in said
    assert "0  hourly trends" in said or "hourly trends: 0 views" in said
