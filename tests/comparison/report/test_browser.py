"""The page in a browser: every chart is drawn, nothing is fetched, and nothing goes wrong."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.browser
FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-dev-shm-usage --window-size=1200,900"
)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Generator[Any]:
    driver = shutil.which("chromedriver")
    if driver is None:
        if os.environ.get("NEUROCLIP_BROWSER") == "required":
            pytest.fail("NEUROCLIP_BROWSER is 'required', but there is no chromedriver")
        pytest.skip("there is no chromedriver")
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options: Any = webdriver.ChromeOptions()
    for flag in [*FLAGS.split(), f"--user-data-dir={tmp_path_factory.mktemp('browser')}"]:
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    started: Any = webdriver.Chrome(options=options, service=Service(driver))
    yield started
    started.quit()


@pytest.fixture(scope="module")
def charts(browser: Any, document: Any, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Load the page of a report, and return the charts that it should have."""
    from neuroclip.comparison.report import write_report

    folder = tmp_path_factory.mktemp("report")
    written = write_report(document, folder)
    browser.get("about:blank")
    browser.get_log("performance")  # what the browser's own first page asked for
    browser.get((folder / "comparison.html").as_uri())
    return sorted(Path(path).stem for path in written if path.suffix == ".svg")


def test_every_chart_is_drawn(browser: Any, charts: list[str]) -> None:
    """It has a size, marks of a size, and names that stay inside of it."""
    found = browser.execute_script("""
        return [...document.querySelectorAll("svg")].map(svg => {
            const whole = svg.getBoundingClientRect();
            const boxes = what => [...svg.querySelectorAll(what)].map(part => part.getBoundingClientRect());
            const out = b => b.left < whole.left - 3 || b.right > whole.right + 3 || b.bottom > whole.bottom + 3;
            return {name: svg.dataset.chart, width: whole.width, height: whole.height,
                    marks: boxes("use, path, image").filter(b => b.width + b.height > 1).length,
                    texts: boxes("text").length, outside: boxes("text").filter(out).length};
        });""")
    assert sorted(chart["name"] for chart in found) == charts
    for chart in found:
        assert chart["width"] > 200, chart
        assert chart["height"] > 50, chart
        assert chart["marks"] > 5, chart
        assert chart["texts"] > 2, chart
        assert chart["outside"] == 0, chart


def test_the_page_fits_a_phone_and_its_pictures_are_loaded(browser: Any, charts: list[str]) -> None:
    size = {"width": 390, "height": 800, "deviceScaleFactor": 1, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    wide, shown, broken = browser.execute_script("""
        const pictures = [...document.images];
        return [document.documentElement.scrollWidth, pictures.length,
                pictures.filter(picture => !picture.complete || !picture.naturalWidth).length];""")
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    assert wide <= 390
    assert shown == 4
    assert broken == 0


def test_nothing_is_fetched_and_nothing_is_complained_about(browser: Any, charts: list[str]) -> None:
    """Only the file itself, and the pictures within it, are ever asked for."""
    events = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    asked = [e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"]
    assert [url for url in asked if not url.startswith("data:image/png;base64,")] == [browser.current_url]
    assert [entry for entry in browser.get_log("browser") if entry["level"] != "INFO"] == []
