"""The report in a real browser: at phone and desktop width, and on paper."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from redshift_dr.evidence.document import canonical, sha256_of
from redshift_dr.evidence.report import report
from tests.unit.redshift_dr.evidence.samples import cases

CHROMIUM = shutil.which("chromium")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)
# The page has a policy against scripts; this frame around it looks at it from outside.
FRAME = """<!DOCTYPE html><body style="margin:0"><iframe id="page" src="report.html"
style="border:0;width:{width}px;height:{height}px"></iframe><script>
addEventListener("load", () => {{
  const page = document.getElementById("page").contentDocument;
  const wide = [...page.body.querySelectorAll("*")].filter(one => one.closest("thead") === null
    && one.getBoundingClientRect().right > {width} + 0.5).map(one => one.tagName);
  const verdict = page.querySelector("h1").getBoundingClientRect();
  const small = [...page.body.querySelectorAll("p, td, th, li, dd, dt")].filter(
    one => parseFloat(getComputedStyle(one).fontSize) < 13).length;
  document.title = [page.documentElement.scrollWidth, Math.round(verdict.bottom),
    wide.join(",") || "none", small, page.querySelectorAll("svg rect").length].join(" ");
}});</script>"""
SCREENS = {"phone": (390, 844), "desktop": (1280, 800)}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        CHROMIUM is None, reason="chromium is not installed (Debian package chromium)"
    ),
]


@pytest.fixture
def browse(tmp_path: Path) -> Callable[..., str]:
    """Run the browser once, in a profile of its own; returns what it printed."""

    def browse(*words: str) -> str:
        command = [str(CHROMIUM), *FLAGS, f"--user-data-dir={tmp_path / 'profile'}", *words]
        ended = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=240,
            env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        )
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    return browse


def write_page(folder: Path, name: str) -> Path:
    """The report of one of the sample drills, as a file."""
    document, history = {case: rest for case, *rest in cases()}[name]
    page = report(document, sha256=sha256_of(canonical(document)), history=history)
    file = folder / "report.html"
    file.write_text(page, encoding="utf-8")
    return file


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("name", ["passed", "failed", "unfinished"])
def test_report_fits_the_screen_and_shows_the_verdict_first(
    browse: Callable[..., str], tmp_path: Path, name: str, screen: str
) -> None:
    page = write_page(tmp_path, name)
    width, height = SCREENS[screen]
    frame = tmp_path / "frame.html"
    frame.write_text(FRAME.format(width=width, height=height), encoding="utf-8")

    dom = browse(
        "--allow-file-access-from-files", "--virtual-time-budget=5000", "--dump-dom", frame.as_uri()
    )
    picture = tmp_path / f"{name}-{screen}.png"
    browse(f"--window-size={width},{height}", f"--screenshot={picture}", page.as_uri())

    found = re.search(r"<title>(\d+) (-?\d+) (\S+) (\d+) (\d+)</title>", dom)
    assert found, dom[:2000]
    scroll_width, verdict_bottom, too_wide, too_small, bars = found.groups()
    assert (int(scroll_width), too_wide) == (width, "none")
    assert 0 < int(verdict_bottom) < height
    assert int(too_small) == 0
    assert int(bars) > 0
    assert picture.stat().st_size > 10_000


def test_report_prints(browse: Callable[..., str], tmp_path: Path) -> None:
    page = write_page(tmp_path, "failed")
    paper = tmp_path / "report.pdf"

    browse("--no-pdf-header-footer", f"--print-to-pdf={paper}", page.as_uri())

    assert paper.read_bytes().startswith(b"%PDF")
