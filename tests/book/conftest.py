import functools
import http.server
import re
import shutil
import threading

import pytest

from tests.book.lab_pages import lab_in, page
from tests.book.looking import look_at
from tests.built import folder, missing

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="session")
def html():
    return folder("html")


@pytest.fixture(scope="session")
def pages(html):
    """Every page's path below the book's folder, the redirecting first one left out."""
    found = sorted(path.relative_to(html).as_posix() for path in html.rglob("*.html"))
    return [p for p in found if p != "index.html" and not re.search(r"_(static|sources)/", p)]


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture(scope="session")
def address(html):
    """The book behind a local server."""
    handler = functools.partial(Quiet, directory=str(html))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture(scope="session")
def browser():
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        missing(
            "the built book was not looked at in a browser, since no Chromium was found",
            "install it (Debian, Ubuntu: apt-get install chromium) and run this again",
        )
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


class Visit:
    """A tab that notes what a reader never sees: the console, failed and outside requests."""

    def __init__(self, browser, home, **options):
        self.context = browser.new_context(**options)
        self.tab = self.context.new_page()
        self.home, self.problems = home, []
        self.tab.on("console", self.console)
        self.tab.on("pageerror", lambda error: self.problems.append(f"error: {error}"))
        self.tab.on("request", self.request)
        self.tab.on("response", self.response)
        self.tab.on("requestfailed", self.failed)

    def console(self, message):
        if message.type in ("error", "warning", "assert"):
            self.problems.append(f"{message.type}: {message.text}")

    def request(self, request):
        if not request.url.startswith((self.home, "data:", "blob:")):
            self.problems.append(f"outside request: {request.url}")

    def failed(self, request):
        # Leaving a page stops what it still loads. A missing file is a response, with its status.
        if request.failure != "net::ERR_ABORTED":
            self.problems.append(f"failed: {request.url} ({request.failure})")

    def response(self, response):
        if response.status >= 400:
            self.problems.append(f"{response.status}: {response.url}")

    def open(self, page, settle=False):
        self.tab.goto(f"{self.home}/{page}", wait_until="load")
        if settle:
            self.tab.wait_for_load_state("networkidle")
        return self.tab


@pytest.fixture(scope="session")
def looks(browser, address, pages):
    """Every page, opened once: page → what :func:`tests.book.looking.look_at` saw."""
    one = Visit(browser, address)
    yield {page: look_at(one, page) for page in pages}
    one.context.close()


@pytest.fixture
def tabs(browser):
    """Open tabs that are closed after the test: tabs(home, width=390, dark=True)."""
    opened = []

    def start(home, width=1280, dark=False, **options):
        options |= {"viewport": {"width": width, "height": 850}}
        opened.append(Visit(browser, home, color_scheme="dark" if dark else "light", **options))
        return opened[-1]

    yield start
    for one in opened:
        one.context.close()


@pytest.fixture
def visit(tabs, address):
    """Open tabs in the served book, or from another home: visit(width=390)."""
    return lambda home=address, **options: tabs(home, **options)


@pytest.fixture
def show(tabs, tmp_path):
    """Open labs on a page of their own, from disk: show(lab, width=390, dark=True)."""
    visits = []

    def start(*labs, theme="", framed=False, tail="", **options):
        (tmp_path / "labs.html").write_text(page(labs, theme, framed), encoding="utf-8")
        visits.append(tabs(tmp_path.as_uri(), **options))
        return visits[-1].open(f"labs.html{tail}")

    yield start
    assert [one.problems for one in visits if one.problems] == []


@pytest.fixture
def show_one(show):
    """Open one lab, and return its box: show_one(lab, width=390)."""
    return lambda lab, **options: lab_in(show(lab, **options), lab.name)
