"""JupyterLab and Chromium, for the browser test and the slider benchmark."""

import contextlib
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync"]
SETTINGS = {"apputils-extension/notification.jupyterlab-settings": '{"fetchNews": "false", "checkForUpdates": false}',
            "notebook-extension/tracker.jupyterlab-settings": '{"windowingMode": "none"}',
            "docmanager-extension/plugin.jupyterlab-settings": '{"autosave": false}'}
PIXELS = """box => {
    const image = box.querySelector('img');
    if (!image || !image.complete || !image.naturalWidth) return null;
    const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight);
    const context = canvas.getContext('2d', {willReadFrequently: true});
    context.drawImage(image, 0, 0);
    const dots = new Uint32Array(context.getImageData(0, 0, canvas.width, canvas.height).data.buffer);
    let one = 0, other = 0;
    for (const dot of dots) { one = Math.imul(one, 31) + dot | 0; other = Math.imul(other ^ dot, 16777619); }
    return [canvas.width, canvas.height, one, other].join(' '); }"""
SHUT_DOWN = "async () => await window.jupyterapp.shell.currentWidget.context.sessionContext.shutdown()"
LISTEN = """async () => { const context = window.jupyterapp.shell.currentWidget.context;
    await context.ready; await context.sessionContext.ready;
    window.errors = [];
    context.sessionContext.session.kernel.anyMessage.connect((_, {msg, direction}) => {
        if (direction === 'recv' && msg.header.msg_type === 'error')
            window.errors.push(msg.content.ename + ': ' + msg.content.evalue); }); }"""


def find_browser():
    """The path of Chromium or Chrome, or None."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
    mac = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
    return next(filter(None, map(shutil.which, names)), str(mac) if mac.exists() else None)


def needed(found, what, variable):
    """Skip where something is missing on this machine; fail if an environment variable says that it must be there."""
    if not found:
        reason = f"no {what} on this machine"
        pytest.fail(reason) if os.environ.get(variable) else pytest.skip(reason)


@contextmanager
def jupyterlab(folder, timeout=60):
    """A JupyterLab on 127.0.0.1 over a copy of the course in `folder`; yields (address, token)."""
    shutil.copytree(ROOT, folder / "course", ignore=shutil.ignore_patterns(".*", "__pycache__"))
    for name, text in SETTINGS.items():
        file = folder / "settings" / "@jupyterlab" / name
        file.parent.mkdir(parents=True)
        file.write_text(text)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = secrets.token_hex(16)
    places = {"JUPYTER_CONFIG_DIR": "config", "JUPYTER_RUNTIME_DIR": "runtime",
              "JUPYTERLAB_SETTINGS_DIR": "settings", "JUPYTERLAB_WORKSPACES_DIR": "workspaces"}
    environment = {**os.environ, **{name: str(folder / place) for name, place in places.items()}}
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1",
               f"--ServerApp.port={port}", "--ServerApp.port_retries=0", f"--IdentityProvider.token={token}",
               "--LabApp.expose_app_in_browser=True"]
    with (folder / "server.log").open("w") as log:
        server = subprocess.Popen(command, cwd=folder / "course", env=environment, stdout=log, stderr=log)
        try:
            address, end = f"http://127.0.0.1:{port}", time.monotonic() + timeout
            while True:
                try:
                    urllib.request.urlopen(f"{address}/api?token={token}", timeout=5).read()
                    break
                except OSError:
                    if server.poll() is not None or time.monotonic() > end:
                        log_text = (folder / "server.log").read_text()
                        raise RuntimeError(f"JupyterLab did not start:\n{log_text}") from None
                    time.sleep(0.2)
            yield address, token
        finally:
            server.terminate()
            server.wait(30)


@contextmanager
def chromium():
    """A browser without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def notebook_page(lab, browser, notebook, size=(1300, 1000)):
    """A page with the notebook open in JupyterLab and its kernel ready; kernel errors go to `window.errors`. The kernel
    ends with it.

    lab: what `jupyterlab` yields.
    """
    address, token = lab
    page = browser.new_page(viewport={"width": size[0], "height": size[1]})
    try:
        page.goto(f"{address}/lab/tree/notebooks/{notebook}?token={token}&reset")
        page.wait_for_function("() => !!window.jupyterapp?.shell?.currentWidget?.context?.isReady", timeout=60_000)
        page.evaluate(LISTEN)
        yield page
        page.evaluate(SHUT_DOWN)
    finally:
        page.close()


@contextmanager
def opened(folder, notebook):
    """The same in a JupyterLab and a browser of its own."""
    with jupyterlab(folder) as lab, chromium() as browser, notebook_page(lab, browser, notebook) as page:
        yield page


def run_all(page, minutes=12):
    """Run every cell; True when all ran."""
    page.set_default_timeout(minutes * 60_000)
    return page.evaluate("async () => await window.jupyterapp.commands.execute('notebook:run-all-cells')")


class Control:
    """One slider or text box of a notebook's explorer, and the picture it drives."""

    def __init__(self, page, row):
        self.page, self.row = page, row
        self.cell = row.locator("xpath=ancestor::div[contains(@class, 'jp-CodeCell')]")
        self.output = row.locator("xpath=ancestor::div[contains(@class, 'jp-OutputArea-output')]")
        self.label = row.locator(".widget-label").first.inner_text()
        row.scroll_into_view_if_needed()

    @classmethod
    def all_of(cls, page):
        """All of the open notebook, from top to bottom."""
        for row in page.locator(f".jp-CodeCell {cls.KIND}").all():
            yield cls(page, row)

    def pixels(self):
        """A hash of the picture's decoded pixels, which is quicker to have than they; None while it loads."""
        return self.output.evaluate(PIXELS)

    def wait_for_picture(self, accept, seconds=20):
        """Poll until accept(pixels); returns them. TimeoutError if that never happens."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            pixels = self.pixels()
            if pixels and accept(pixels):
                return pixels
            time.sleep(0.02)
        raise TimeoutError(f"{self.label}: the picture did not become what was expected")

    def wait_for_another(self, picture, seconds):
        """Whether another picture comes in time."""
        with contextlib.suppress(TimeoutError):
            return bool(self.wait_for_picture(lambda pixels: pixels != picture, seconds))
        return False


class Slider(Control):
    KIND = ".widget-slider"

    def readout(self):
        return self.row.locator(".widget-readout").inner_text()

    def press(self, key):
        self.row.locator(".noUi-handle").focus()
        self.page.keyboard.press(key)


class TextBox(Control):
    KIND = ".widget-text"

    def type(self, text):
        self.row.locator("input").fill(text)

    def typed(self):
        return self.row.locator("input").input_value()
