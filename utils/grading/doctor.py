"""Is this machine ready for the course? Each check that fails names its remedy."""

import os
import shutil
import subprocess
import sys
import tempfile
import webbrowser
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table
from rich.text import Text

from utils.grading import assignments

INSTALL = "In the course's folder run `make lab`, which installs what is missing."


@dataclass(frozen=True)
class Check:
    """One line of the report. `required` tells whether the course works without it."""

    name: str
    ok: bool
    detail: str
    remedy: str = ""
    required: bool = True


def python() -> Check:
    found = ".".join(map(str, sys.version_info[:3]))
    remedy = "Install Python 3.11 or newer, then run `make lab PYTHON=python3.12`."
    return Check("Python", sys.version_info >= (3, 11), found, remedy)


def pytorch() -> Check:
    import torch

    found = tuple(int(part) for part in torch.__version__.split(".")[:2])
    return Check("PyTorch", found >= (2, 11), torch.__version__, f"PyTorch 2.11 or newer is needed. {INSTALL}")


def device() -> Check:
    from utils.device import best, describe

    wanted = os.environ.get("COURSE_DEVICE")
    try:
        found = best()
    except RuntimeError as error:
        return Check("Device", False, str(error), "Unset COURSE_DEVICE, or set it to a device that is there.")
    detail = describe(found) + (f" (COURSE_DEVICE={wanted})" if wanted else " (set COURSE_DEVICE to choose another)")
    unused = "" if wanted or found.type == "cuda" else _nvidia_gpu()
    if unused:
        remedy = (
            "PyTorch cannot use it: install the build for your driver, see https://pytorch.org/get-started/locally."
        )
        return Check("Device", False, f"{detail}; unused: {unused}", remedy, required=False)
    return Check("Device", True, detail)


def _nvidia_gpu() -> str:
    """Return the name of the first NVIDIA GPU that the driver knows, or an empty string."""
    try:
        command = ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"]
        listed = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return listed.stdout.strip().partition("\n")[0]


def models() -> Check:
    import torchvision

    return Check("Model libraries", True, f"torchvision {torchvision.__version__}, timm {version('timm')}")


def jupyterlab() -> Check:
    import jupyterlab

    return Check("JupyterLab", True, jupyterlab.__version__)


def extensions() -> Check:
    """nbgrader's parts of JupyterLab: the assignment list, Validate, the form grader."""
    from jupyter_core.paths import jupyter_config_path
    from jupyter_server.extension.config import ExtensionConfigManager

    manager = ExtensionConfigManager(read_config_path=jupyter_config_path())
    enabled = {name for name, on in manager.get_jpserver_extensions().items() if on}
    wanted = ("assignment_list", "validate_assignment", "formgrader")
    missing = [name for name in wanted if f"nbgrader.server_extensions.{name}" not in enabled]
    remedy = "Run: jupyter server extension enable --sys-prefix --py nbgrader"
    return Check("nbgrader in JupyterLab", not missing, f"missing: {', '.join(missing)}" if missing else "on", remedy)


def kernel() -> Check:
    """Notebooks run in the kernel `python3`, which must be this environment's Python."""
    from jupyter_client.kernelspec import KernelSpecManager

    command = KernelSpecManager().get_kernel_spec("python3").argv[0]
    here = Path(sys.executable).parent
    ok = Path(command).name == command or Path(command).parent == here  # a bare name means: Jupyter's own Python
    detail = "this environment" if ok else command
    return Check("Kernel python3", ok, detail, "Run: python -m ipykernel install --sys-prefix")


def alembic() -> Check:
    """nbgrader calls this program when it creates the gradebook."""
    found = shutil.which("alembic", path=with_environment_first()["PATH"])
    return Check("alembic for nbgrader", bool(found), "found" if found else "not found", INSTALL)


def folder() -> Check:
    try:
        with tempfile.TemporaryFile(dir=assignments.ROOT):
            return Check("Write permission", True, "in the course's folder")
    except OSError as error:
        remedy = "Move the course's folder to a place of your own, such as your home folder."
        return Check("Write permission", False, f"{assignments.ROOT}: {error.strerror}", remedy)


def disk() -> Check:
    free = shutil.disk_usage(assignments.ROOT).free / 1e9
    return Check("Free disk", free > 1, f"{free:.0f} GB", "Free at least 1 GB on this disk.")


def memory() -> Check:
    free = psutil.virtual_memory().available / 1e9
    return Check(
        "Free memory", free > 2, f"{free:.1f} GB", "Close other programs; 2 GB should be free.", required=False
    )


def browser() -> Check:
    try:
        webbrowser.get()
        return Check("Browser", True, "found")
    except webbrowser.Error:
        remedy = "Open the address that `course lab` prints in a browser that can reach this machine."
        return Check("Browser", False, "none on this machine", remedy, required=False)


def bubblewrap() -> Check:
    from utils.grading import sandbox

    reason = sandbox.problem()
    remedy = f"{reason} Without it `course check` runs your own work unprotected, and `course grade` refuses."
    return Check("Sandbox", not reason, "bubblewrap works" if not reason else "none", remedy, required=False)


def chromium() -> Check:
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next((path for path in map(shutil.which, names) if path), None)
    remedy = "Only for testing the widgets: apt install chromium"
    return Check("Chromium", bool(found), "found" if found else "not found", remedy, required=False)


CHECKS: list[Callable[[], Check]] = [
    python,
    pytorch,
    device,
    models,
    jupyterlab,
    extensions,
    kernel,
    alembic,
    folder,
    disk,
    memory,
    browser,
]
ON_LINUX: list[Callable[[], Check]] = [bubblewrap, chromium]


def checks() -> list[Check]:
    """Run every check. One that raises counts as failed."""
    results = []
    for check in CHECKS + (ON_LINUX if sys.platform == "linux" else []):
        try:
            results.append(check())
        except Exception as error:
            results.append(Check(check.__name__, False, f"{type(error).__name__}: {error}", INSTALL))
    return results


def report(console: Console | None = None) -> bool:
    """Print the checks as a table, in a terminal or in a notebook. Return whether nothing required is missing."""
    console = console or Console(highlight=False)
    results = checks()
    table = Table(box=None, show_header=False, pad_edge=False)
    for result in results:
        state, style = ("ok", "green") if result.ok else ("problem", "red") if result.required else ("note", "yellow")
        text = result.detail if result.ok else f"{result.detail}\n{result.remedy}"
        table.add_row(Text(state, style), Text(result.name), Text(text))
    console.print(table)
    broken = [result.name for result in results if result.required and not result.ok]
    console.print(f"\nTo be solved first: {', '.join(broken)}." if broken else "\nThis machine is ready.", markup=False)
    return not broken


def with_environment_first() -> dict[str, str]:
    """Return the environment variables with this Python's programs first on PATH, as nbgrader needs them."""
    here = str(Path(sys.executable).parent)
    return os.environ | {"PATH": here + os.pathsep + os.environ.get("PATH", "")}
