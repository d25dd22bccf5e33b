"""What holds for every test: no network, nothing of the learner's touched, one thread, no skip unnoticed."""

import os
import re
import sys
import sysconfig
import tempfile
from pathlib import Path

OFFLINE = Path(__file__).parent / "offline"
SCRATCH = tempfile.TemporaryDirectory(prefix="course-", ignore_cleanup_errors=True)
ALLOWED_SKIPS = re.compile(r"needs (a GPU|CUDA|MPS)")  # what a CI machine cannot install


def _prepend(variable: str, folder: str) -> None:
    rest = [f for f in os.environ.get(variable, "").split(os.pathsep) if f and f != folder]
    os.environ[variable] = os.pathsep.join([folder, *rest])


# Before anything imports torch or Jupyter, and inherited by every kernel, server and command that a test starts.
_prepend("PYTHONPATH", str(OFFLINE))
_prepend("PATH", sysconfig.get_path("scripts"))
os.environ.update({"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"})
for _variable, _folder in {
    "COURSE_WORK": "work",
    "IPYTHONDIR": "ipython",
    "JUPYTER_CONFIG_DIR": "jupyter-config",
    "JUPYTER_DATA_DIR": "jupyter-data",
}.items():
    os.environ[_variable] = str(Path(SCRATCH.name, _folder))
for _variable in ("COURSE_DEVICE_REPORT", "COURSE_DB"):
    os.environ.pop(_variable, None)

sys.path.insert(0, str(OFFLINE))

import matplotlib  # noqa: E402
import network_guard  # noqa: E402
from xdist.scheduler import LoadScopeScheduling  # noqa: E402

network_guard.install()
matplotlib.use("agg")  # in this process only: kernels keep the inline pictures that learners see


class NotebooksApart(LoadScopeScheduling):
    """`--dist loadscope` keeps a module's tests on one worker; here each notebook may go to another.

    All proofs of one assignment's graders stay together: they share the process that the runner keeps warm.
    """

    def _split_scope(self, nodeid: str) -> str:
        if "/test_notebooks.py::test_notebook[" in nodeid:
            return nodeid
        if proof := re.match(r"(.*/test_(?:graders|sandboxed)\.py)::\w+\[(\d+)[_-]", nodeid):
            return "::".join(proof.groups())
        return super()._split_scope(nodeid)


def pytest_xdist_make_scheduler(config, log):
    return NotebooksApart(config, log) if config.getvalue("dist") == "loadscope" else None


def pytest_addoption(parser):
    parser.addoption(
        "--strict-skips",
        action="store_true",
        default=os.environ.get("COURSE_NO_SKIPS") == "1",
        help="fail when a test was skipped for anything but a missing GPU (also: COURSE_NO_SKIPS=1)",
    )


def _forbidden_skips(config) -> list[str]:
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or not config.getoption("--strict-skips"):
        return []
    no_gpu = os.environ.get("COURSE_DEVICE", "cpu") == "cpu"  # who asks for a GPU has one
    skips = [(report.nodeid, report.longrepr[2]) for report in reporter.stats.get("skipped", [])]
    return [f"{test}: {reason}" for test, reason in skips if not (no_gpu and ALLOWED_SKIPS.search(reason))]


def pytest_sessionfinish(session):
    if _forbidden_skips(session.config) and session.exitstatus == 0:
        session.exitstatus = 1


def pytest_terminal_summary(terminalreporter, config):
    if skips := _forbidden_skips(config):
        terminalreporter.section("skipped, though this machine should run everything", red=True)
        for skip in skips:
            terminalreporter.write_line(skip)
