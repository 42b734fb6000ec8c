"""A browser and the page's server; without one of them its tests are skipped with the reason."""

import importlib.util
import pathlib
import shutil
import threading

import pytest

from trainers import demo

ROOT = pathlib.Path(__file__).parents[2]
TIMEOUT = 120_000  # milliseconds; a software GPU and a busy machine take their time
PREFIX = "/some/where/"
# Chromium as root in a container; no calls of its own to hosts elsewhere; a drawn camera.
ARGUMENTS = [
    "--no-sandbox",
    "--no-first-run",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
]
SOFTWARE_GPU = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"]


@pytest.fixture(scope="session")
def chromium():
    """The path of the system's Chromium."""
    names = ("chromium", "chromium-browser", "google-chrome")
    path = next(filter(None, map(shutil.which, names)), None)
    if not path:
        pytest.skip(f"the page is not tested: no browser, none of {', '.join(names)}")
    if not importlib.util.find_spec("playwright"):
        pytest.skip("the page is not tested: Playwright is not installed (`make test-demo` does)")
    if not (ROOT / "demo" / "vendor" / "litert.js").is_file():
        pytest.skip("the page is not tested: its runtime is not there (`make demo-page`)")
    return path


@pytest.fixture(scope="session")
def playwright(chromium):
    from playwright import sync_api

    with sync_api.sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def browser(playwright, chromium):
    browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def gpu_browser(playwright, chromium):
    browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS + SOFTWARE_GPU)
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def address():
    """Where the page is served, below a path as on a shared host."""
    with demo.server(prefix=PREFIX) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_port}{PREFIX}"
        server.shutdown()


@pytest.fixture
def opened(browser, address):
    """`opened(**viewport and so on)` -> a loaded page; at the end its console must be clean."""
    contexts, problems = [], []

    def open_page(source=browser, **options):
        context = source.new_context(**options)
        context.set_default_timeout(TIMEOUT)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda message: _heard(message, problems))
        page.on("request", lambda request: _asked(request, address, problems))
        page.goto(address)
        page.wait_for_selector("html[data-ready]")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert problems == []


def _heard(message, problems):
    if message.type == "error":
        problems.append(message.text)


def _asked(request, address, problems):
    if not request.url.startswith((address, "blob:")):
        problems.append(f"asked for {request.url}")
