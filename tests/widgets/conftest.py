"""Notebooks in a real JupyterLab in Chromium: the fixture `lab`."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import nbformat
import pytest

CHROMIUM = next(filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome"])), None)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
TOKEN = "tests"
IS_LOCAL = {"127.0.0.1", "localhost"}

# Sets `notebook` once its document, its kernel and the kernel's first answer are there.
PANEL = """async () => {
    await jupyterapp.restored;
    const wait = (ready) => new Promise((done) => {
        const look = () => ready() ? done() : setTimeout(look, 50);
        look();
    });
    await wait(() => jupyterapp.shell.currentWidget?.context?.path?.endsWith(".ipynb"));
    const panel = jupyterapp.shell.currentWidget;
    await panel.context.ready;
    await panel.sessionContext.ready;
    await wait(() => panel.sessionContext.session?.kernel);
    await panel.sessionContext.session.kernel.info;
    jupyterapp.shell.collapseLeft();
    window.notebook = panel;
}"""
EXECUTE = """async (code) => {
    const future = notebook.sessionContext.session.kernel.requestExecute({code});
    let text = "";
    future.onIOPub = ({header, content}) => {
        if (header.msg_type === "stream") text += content.text;
        if (header.msg_type === "error") text += content.traceback.join("\\n");
    };
    await future.done;
    return text;
}"""
ERRORS = """() => notebook.content.model.sharedModel.toJSON().cells.flatMap((cell, number) => {
    if (cell.cell_type !== "code" || !cell.source.trim()) return [];
    const errors = cell.outputs.filter((output) => output.output_type === "error");
    if (!cell.execution_count) errors.push({ename: "Not run", evalue: ""});
    return errors.map(({ename, evalue}) => `cell ${number}: ${ename}: ${evalue}`);
})"""


class Lab:
    """A JupyterLab with one notebook open in Chromium.

    `page` is Playwright's page. `outside` holds the addresses beyond this machine that were asked for, all refused;
    `complaints` the errors that the browser reported, those of JupyterLab's own scripts aside. The fixture `lab`
    fails a test that leaves any of them.
    """

    def __init__(self, browser, url: str, root: Path):
        self.url, self.root, self.screenshots = url, root, root
        self.outside, self.complaints = [], []
        self.context = browser.new_context(viewport={"width": 1280, "height": 1000}, has_touch=True)
        self.context.set_default_timeout(30_000)
        self.context.route("**/*", self._local_only)
        self.context.route_web_socket(lambda url: urlsplit(url).hostname not in IS_LOCAL, self._refuse_socket)
        self.page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._console)

    def _console(self, message):
        from_lab_itself = "/static/lab/" in message.location["url"]  # it has moods of its own
        if message.type == "error" and not from_lab_itself:
            self.complaints.append(message.text)

    def _local_only(self, route):
        if urlsplit(route.request.url).hostname in IS_LOCAL:
            route.continue_()
        else:
            self.outside.append(route.request.url)
            route.abort()

    def _refuse_socket(self, socket):
        self.outside.append(socket.url)
        socket.close()

    def open(self, notebook: Path | nbformat.NotebookNode):
        """Open a copy of a notebook instead of the one before, wait until its kernel answers, and return the page."""
        self.stop_kernels()
        if isinstance(notebook, Path):
            notebook = nbformat.read(notebook, 4)
        copy = self.root / f"notebook_{len(list(self.root.glob('*.ipynb')))}.ipynb"
        nbformat.write(notebook, copy)
        self.page.goto(f"{self.url}lab/tree/{copy.name}?reset&token={TOKEN}")
        self.page.wait_for_function("() => window.jupyterapp")
        self.page.evaluate(PANEL)
        return self.page

    def run_all(self) -> None:
        """Run all cells, wait for the end, and fail if an output is an error or a cell did not run."""
        self.page.evaluate("() => jupyterapp.commands.execute('notebook:run-all-cells')")
        errors = self.page.evaluate(ERRORS)
        assert not errors, errors

    def execute(self, code: str) -> str:
        """Execute code in the notebook's kernel, and return what it printed."""
        return self.page.evaluate(EXECUTE, code).strip()

    def until(self, code: str, printed: str) -> None:
        """Execute code until it prints this; front ends tell the kernel late."""
        for _ in range(50):
            if (seen := self.execute(code)) == printed:
                return
            time.sleep(0.1)
        raise AssertionError(f"{code} printed {seen}, not {printed}.")

    def saved(self) -> nbformat.NotebookNode:
        """Save the notebook, and return what is on disk."""
        path = self.page.evaluate("""async () => {
            await notebook.context.save();
            return notebook.context.path;
        }""")
        return nbformat.read(self.root / path, 4)

    def theme(self, name: str) -> None:
        """Switch to the theme "light" or "dark"."""
        full = f"JupyterLab {name.capitalize()}"
        self.page.evaluate("(theme) => jupyterapp.commands.execute('apputils:change-theme', {theme})", full)
        self.page.wait_for_function("(theme) => document.body.dataset.jpThemeName === theme", arg=full)
        self.page.wait_for_timeout(300)  # the style sheet

    def screenshot(self, name: str, element=None) -> Path:
        """Save a picture of the page or of one element as `<name>.png`."""
        path = self.screenshots / f"{name}.png"
        (element or self.page).screenshot(path=path)
        return path

    def stop_kernels(self) -> None:
        self.page.goto("about:blank")  # so that no page complains of losing its kernel
        sessions = f"{self.url}api/sessions"
        headers = {"Authorization": f"token {TOKEN}"}
        for session in self.context.request.get(sessions, headers=headers).json():
            self.context.request.delete(f"{sessions}/{session['id']}", headers=headers)


@pytest.fixture(scope="session")
def lab_server(tmp_path_factory):
    """Start JupyterLab in an empty folder, away from the settings of whoever runs the tests: `(url, root)`."""
    if CHROMIUM is None:
        pytest.skip("needs Chromium: install it with 'apt install chromium', or Google Chrome, and put it on PATH.")
    home, root = tmp_path_factory.mktemp("jupyter"), tmp_path_factory.mktemp("notebooks")
    folders = {f"JUPYTER_{name}_DIR": str(home / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")}
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
        *("--ServerApp.ip=127.0.0.1", "--ServerApp.port=0", f"--ServerApp.root_dir={root}"),
        *(f"--IdentityProvider.token={TOKEN}", "--LabApp.expose_app_in_browser=True"),
    ]
    environment = os.environ | folders | {"IPYTHONDIR": str(home / "ipython"), "OMP_NUM_THREADS": "1"}
    with open(home / "log", "w") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        yield _address(server, home), root
    finally:
        server.terminate()
        server.wait()


def _address(server: subprocess.Popen, home: Path) -> str:
    """Wait until the server has written its address, and return it."""
    for _ in range(600):
        for file in (home / "runtime").glob("jpserver-*.json"):
            if text := file.read_text():
                return json.loads(text)["url"]
        if server.poll() is not None:
            break
        time.sleep(0.1)
    raise RuntimeError(f"JupyterLab did not start:\n{(home / 'log').read_text()}")


@pytest.fixture(scope="module")
def browser(lab_server):
    # For one module at a time: while Playwright runs, its event loop keeps other tests from starting theirs.
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def shared_lab(lab_server, browser):
    """One `Lab` for the tests of a module, for those that keep a notebook open. Tests themselves take `lab`."""
    lab = Lab(browser, *lab_server)
    yield lab
    lab.stop_kernels()
    lab.context.close()


@pytest.fixture
def lab(shared_lab, tmp_path):
    """A `Lab`. The test fails when a request left the machine, or the browser reported an error."""
    shared_lab.screenshots = Path(os.environ.get("COURSE_SCREENSHOTS", tmp_path))
    shared_lab.screenshots.mkdir(parents=True, exist_ok=True)
    shared_lab.outside, shared_lab.complaints = [], []
    yield shared_lab
    assert not shared_lab.outside, f"requests left the machine: {shared_lab.outside}"
    assert not shared_lab.complaints, f"the browser complained: {shared_lab.complaints}"
