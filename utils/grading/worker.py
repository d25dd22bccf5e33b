"""The other side of the runner: executes the cells of one notebook in a fresh IPython, as a Jupyter kernel would."""

import contextlib
import io
import json
import os
import random
import signal
import sys
from pathlib import Path
from typing import NoReturn

from ipykernel.jsonutil import encode_images, json_clean
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from traitlets import Type
from traitlets.config import Config

FORKS = sys.platform == "linux"  # with Apple's libraries loaded a fork may crash; Windows has none
MAX_TEXT = 1_000_000  # characters a cell may print; a loop that prints for ever must not fill the memory


class Recorder:
    """The nbformat outputs of the cell that is running."""

    def __init__(self):
        self.outputs: list[dict] = []
        self.printed = 0

    def text(self, name: str, text: str) -> None:
        last = self.outputs[-1] if self.outputs else {}
        if last.get("name") != name:
            last = {"output_type": "stream", "name": name, "text": []}
            self.outputs.append(last)
        last["text"].append(text[: max(0, MAX_TEXT - self.printed)])
        self.printed += len(text)
        if self.printed > MAX_TEXT:
            raise RuntimeError(f"this cell printed more than {MAX_TEXT:,} characters")

    def take(self) -> list[dict]:
        """Return what was recorded and start anew."""
        taken, self.outputs, self.printed = self.outputs, [], 0
        return [output | {"text": "".join(output["text"])} if "text" in output else output for output in taken]


recorder = Recorder()


class Stream(io.TextIOBase):
    """sys.stdout or sys.stderr of the notebook."""

    encoding = "utf-8"

    def __init__(self, name: str):
        self.name = name

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if text:
            recorder.text(self.name, text)
        return len(text)


class Hook(DisplayHook):
    """The value of a cell's last line."""

    def write_output_prompt(self) -> None:
        pass

    def write_format_data(self, format_dict, md_dict=None) -> None:
        data = json_clean(encode_images(format_dict))
        result = {"output_type": "execute_result", "data": data, "metadata": md_dict or {}}
        recorder.outputs.append(result | {"execution_count": self.prompt_count})

    def finish_displayhook(self) -> None:
        pass


class Publisher(DisplayPublisher):
    """What a cell displays. Updates of an earlier display are dropped."""

    def publish(self, data, metadata=None, *, transient=None, update=False, **kwargs) -> None:
        if not update:
            data = json_clean(encode_images(data))
            recorder.outputs.append({"output_type": "display_data", "data": data, "metadata": metadata or {}})

    def clear_output(self, wait=False) -> None:
        recorder.outputs.clear()


class Shell(InteractiveShell):
    """IPython that records its outputs."""

    displayhook_class = Type(Hook)
    display_pub_class = Type(Publisher)

    def _showtraceback(self, etype, evalue, stb) -> None:
        error = {"output_type": "error", "ename": etype.__name__, "evalue": str(evalue), "traceback": list(stb)}
        recorder.outputs.append(error)

    def enable_gui(self, gui=None) -> None:
        """`%matplotlib inline` asks for no window; there is none to open."""

    def ask_exit(self) -> None:
        """`exit()` and `quit()` end the cell, as `sys.exit()` does."""
        raise SystemExit


def main() -> None:
    """Serve the runner: requests `{"sources", "folder", "seconds"}` come on stdin, answers go to stdout, a line each.

    An answer is `{"ready"}` once everything is imported, then for each notebook `{"pid"}`, `{"outputs"}` per cell and,
    when its process is gone, `{"ended"}` with the exit code. Where the system cannot fork, one request is served.
    """
    requests = os.fdopen(os.dup(0), encoding="utf-8")
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    from utils.grading import warm  # noqa: F401

    _say(answers, ready=True)
    for line in requests:
        pid = os.fork() if FORKS else 0
        if pid == 0:
            _execute(answers, **json.loads(line))
        _, status = os.waitpid(pid, 0)
        _say(answers, ended=os.waitstatus_to_exitcode(status))


def _say(answers: io.TextIOBase, **answer) -> None:
    answers.write("\n" + json.dumps(answer) + "\n")  # a process that was killed may have left half a line
    answers.flush()


def _execute(answers: io.TextIOBase, sources: list[str], folder: str, seconds: int) -> NoReturn:
    """Execute cells in `folder` and end the process."""
    if FORKS:
        os.setsid()  # whatever the notebook starts can be ended with it
        signal.alarm(seconds)  # in case the runner is gone by then
    _say(answers, pid=os.getpid())
    spill, shell = _redirect(Path(folder)), _shell(Path(folder))
    busy = False

    def interrupt(*_):
        if busy:
            raise KeyboardInterrupt

    signal.signal(signal.SIGINT, interrupt)
    for source in sources:
        busy = True
        with contextlib.suppress(KeyboardInterrupt):  # between two lines of IPython; the runner reports it
            shell.run_cell(source, store_history=True)
        busy = False
        outputs = recorder.take()
        written = spill.read(MAX_TEXT)
        if written:
            outputs.append({"output_type": "stream", "name": "stderr", "text": written})
        _say(answers, outputs=outputs)
    os._exit(0)  # without waiting for threads that the notebook left behind


def _redirect(folder: Path) -> io.TextIOBase:
    """Send what C++ code or a subprocess writes to files. Return the one for stderr, opened for reading."""
    path = folder / "stderr"
    with open(path, "wb", buffering=0) as file, open(os.devnull) as nothing:
        os.dup2(nothing.fileno(), 0)
        os.dup2(file.fileno(), 2)
    with open(folder / "stdout", "wb") as file:
        os.dup2(file.fileno(), 1)
    sys.stdin = open(os.devnull)  # noqa: SIM115
    sys.stdout, sys.stderr = Stream("stdout"), Stream("stderr")
    return open(path, encoding="utf-8", errors="replace")


def _shell(folder: Path) -> Shell:
    import matplotlib_inline.backend_inline as inline
    import numpy as np
    import torch

    random.seed(0)
    np.random.seed(0)
    torch.manual_seed(0)
    torch.set_num_threads(1)

    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    shell = Shell.instance(config=config, ipython_dir=str(folder / "ipython"))
    inline.configure_inline_support(shell, inline.__name__)
    work = folder / "work"
    work.mkdir()
    os.chdir(work)
    sys.path.insert(0, "")
    return shell


if __name__ == "__main__":
    main()
