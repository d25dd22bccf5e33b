"""The files around the course agree with each other: lock, environments, commands, workflows, licences."""

import ast
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PYTHONS = SpecifierSet(PROJECT["project"]["requires-python"])
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted(ROOT.glob("docs/**/*.md"))]


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def locked() -> list[Requirement]:
    return [Requirement(line) for line in read("constraints.txt").splitlines() if line]


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):", read("Makefile"), re.MULTILINE)) | {".venv/.ready"}


def job_steps(workflow: Path) -> list[dict]:
    jobs = yaml.safe_load(workflow.read_text(encoding="utf-8"))["jobs"]
    return [step for job in jobs.values() for step in job["steps"]]


# The lock


def test_lock_names_versions_and_no_place_to_get_them_from():
    for requirement in locked():
        assert requirement.url is None
        assert [specifier.operator for specifier in requirement.specifier] == ["=="], requirement
    assert not re.search(r"https?:|--|file:|@", read("constraints.txt"))


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
@pytest.mark.parametrize("dependency", PROJECT["project"]["dependencies"])
def test_lock_pins_every_dependency(dependency, platform):
    wanted = Requirement(dependency)
    where = {"sys_platform": platform, "python_version": "3.11", "python_full_version": "3.11.2"}
    pins = [pin for pin in locked() if pin.name == wanted.name and (not pin.marker or pin.marker.evaluate(where))]
    assert len(pins) == 1, f"{wanted.name} is not locked on {platform}: run `make lock`."
    (version,) = (specifier.version for specifier in pins[0].specifier)
    assert wanted.specifier.contains(version), f"{wanted.name} is locked at {version}: run `make lock`."


def test_there_is_no_second_lock():
    assert "uv.lock" in read(".gitignore").split()
    git = ["git", "-c", "safe.directory=*", "ls-files", "uv.lock", "**/uv.lock"]
    assert subprocess.run(git, cwd=ROOT, capture_output=True, text=True).stdout == ""


def test_conda_installs_the_locked_set():
    environment = yaml.safe_load(read("environment.yml"))
    python, pip, from_pip = environment["dependencies"]
    assert pip == "pip"
    assert from_pip == {"pip": ["-c constraints.txt", "-e ."]}
    name, _, version = python.partition("=")
    assert name == "python" and PYTHONS.contains(version)
    assert environment["channels"] == ["conda-forge", "nodefaults"]
    for document in ("README.md", "environment.yml"):
        assert f"conda activate {environment['name']}" in read(document)


# Which Python


def test_oldest_python_is_the_same_everywhere():
    (oldest,) = (specifier.version for specifier in PYTHONS)
    major, minor = oldest.split(".")
    assert PROJECT["tool"]["ruff"]["target-version"] == f"py{major}{minor}"
    assert f"sys.version_info < ({major}, {minor})" in read("Makefile")
    assert f"--python-version {oldest}" in read("Makefile")
    assert f"sys.version_info < ({major}, {minor})" in read(".ci/run")
    assert f"Python {oldest} or newer" in read("README.md")


def test_workflows_test_the_oldest_python():
    versions = [Version(v) for workflow in WORKFLOWS for v in re.findall(r'"(3\.\d+)"', workflow.read_text())]
    assert all(PYTHONS.contains(version) for version in versions)
    assert PYTHONS.contains(min(versions)) and f">={min(versions)}" == str(PYTHONS)


# Commands


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_make_commands_in_documents_exist(path):
    code = re.findall(r"`+[^`]+`+|^```.*?^```", path.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    targets = {target for part in code for target in re.findall(r"(?<![\w-])make ([a-z][a-z-]*)", part)}
    assert targets <= make_targets(), f"{path.name} names targets that the Makefile lacks: {targets - make_targets()}"


def test_readme_has_the_two_commands():
    assert {"lab", "test"} <= set(re.findall(r"^make ([a-z-]+)", read("README.md"), re.MULTILINE))


def test_every_make_target_is_listed_and_explained():
    phony = set(re.search(r"^\.PHONY: (.+)$", read("Makefile"), re.MULTILINE)[1].split())
    explained = set(re.findall(r"^([a-z-]+):.*## \S", read("Makefile"), re.MULTILINE))
    assert phony == explained == make_targets() - {".venv/.ready"}


@pytest.mark.skipif(sys.platform == "win32", reason="needs bash")
def test_ci_script_is_executable_and_parses():
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
    check = subprocess.run([shutil.which("bash"), "-n", str(ROOT / ".ci" / "run")], capture_output=True, text=True)
    assert check.returncode == 0, check.stderr


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_workflow_is_valid_and_its_commands_exist(workflow):
    content = yaml.safe_load(workflow.read_text(encoding="utf-8"))
    assert {"name", True, "jobs", "permissions"} <= set(content)  # YAML reads the key `on` as true
    for job in content["jobs"].values():
        assert job["runs-on"] and job["timeout-minutes"]
    for step in job_steps(workflow):
        if "uses" in step:
            assert re.fullmatch(r"[\w-]+/[\w-]+@v\d+", step["uses"]), f"pin {step['uses']} by its major version"
        command = step.get("run", "")
        assert set(re.findall(r"\bmake ([.a-z][\w./-]*)", command)) <= make_targets()
        for path in re.findall(r"(?<!\S)(?:tests|utils|chapters|\.ci)/\S+", command):
            assert (ROOT / path).exists(), f"{workflow.name} names {path}, which does not exist"
        for module in re.findall(r"-m (?!\")([\w.]+)", command):
            assert importlib.util.find_spec(module), f"{workflow.name} runs -m {module}, which does not exist"


def test_workflows_are_the_planned_ones():
    assert [workflow.stem for workflow in WORKFLOWS] == ["gpu", "test", "weekly"]
    gpu = yaml.safe_load(read(".github/workflows/gpu.yml"))["jobs"]["cuda"]
    assert gpu["env"]["COURSE_DEVICE"].startswith("cuda") and gpu["runs-on"] == ["self-hosted", "gpu"]


def test_pre_commit_uses_the_environment_and_no_network():
    (repository,) = yaml.safe_load(read(".pre-commit-config.yaml"))["repos"]
    assert repository["repo"] == "local"
    for hook in repository["hooks"]:
        program, *arguments = hook["entry"].split()
        assert hook["language"] == "system" and shutil.which(program)
        assert program != "python" or importlib.util.find_spec(arguments[arguments.index("-m") + 1])


# Licences and names


def test_licences_are_there_and_named():
    assert "Apache License" in read("LICENSE") and "END OF TERMS AND CONDITIONS" in read("LICENSE")
    assert "Attribution 4.0 International" in read("LICENSE-TEXT")
    assert "https://creativecommons.org/licenses/by/4.0/legalcode" in read("LICENSE-TEXT")
    assert PROJECT["project"]["license-files"] == ["LICENSE", "LICENSE-TEXT"]
    assert PROJECT["project"]["license"] == "Apache-2.0 AND CC-BY-4.0"


def test_citation_agrees_with_the_project():
    citation = yaml.safe_load(read("CITATION.cff"))
    assert citation["version"] == PROJECT["project"]["version"]
    assert citation["title"].lower().replace(" ", "-") == PROJECT["project"]["name"]
    assert " AND ".join(citation["license"]) == PROJECT["project"]["license"]


def test_changelog_keeps_the_format():
    headings = re.findall(r"^## (.+)$", read("CHANGELOG.md"), re.MULTILINE)
    assert headings[0] == "[Unreleased]"
    assert all(re.fullmatch(r"\[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d", heading) for heading in headings[1:])


def test_what_belongs_to_a_person_or_a_class_is_ignored():
    assert {"work/", "classroom/", ".venv/"} <= set(read(".gitignore").split())


def test_notebooks_have_a_diff_driver():
    assert re.search(r"^\*\.ipynb .*\bdiff=jupyternotebook\b", read(".gitattributes"), re.MULTILINE)


# The suite itself


def run_suite(tmp_path, source, *options, **environment):
    """Run a test file with this suite's conftest in a process of its own."""
    (tmp_path / "test_it.py").write_text("import os, pytest\n" + source)
    path = os.pathsep.join([str(ROOT / "tests"), os.environ["PYTHONPATH"]])
    command = [sys.executable, "-m", "pytest", "-p", "conftest", "-p", "no:cacheprovider", *options, str(tmp_path)]
    clean = {k: v for k, v in os.environ.items() if k not in ("COURSE_NO_SKIPS", "COURSE_DEVICE")}
    return subprocess.run(command, env={**clean, "PYTHONPATH": path, **environment}, capture_output=True, text=True)


SKIP = "def test_it(): pytest.skip('{}')"


@pytest.mark.slow
@pytest.mark.parametrize(
    "reason, options, environment, code",
    [
        ("Chromium is not installed", [], {}, 0),
        ("Chromium is not installed", ["--strict-skips"], {}, 1),
        ("Chromium is not installed", [], {"COURSE_NO_SKIPS": "1"}, 1),
        ("Chromium is not installed", ["-n1"], {"COURSE_NO_SKIPS": "1"}, 1),
        ("needs a GPU", ["--strict-skips"], {}, 0),
        ("needs CUDA", ["--strict-skips"], {}, 0),
        ("needs a GPU", ["--strict-skips"], {"COURSE_DEVICE": "cuda"}, 1),
    ],
)
def test_strict_skips(tmp_path, reason, options, environment, code):
    result = run_suite(tmp_path, SKIP.format(reason), *options, **environment)
    assert result.returncode == code, result.stdout + result.stderr
    assert (f"test_it.py::test_it: Skipped: {reason}" in result.stdout) == (code == 1)


@pytest.mark.slow
def test_suite_runs_in_a_scratch_place_on_one_thread(tmp_path):
    source = """
def test_it():
    import shutil, torch
    assert torch.get_num_threads() == 1
    for name in ("COURSE_WORK", "IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR"):
        assert "course-" in os.environ[name]
    assert shutil.which("jupyter")
"""
    result = run_suite(tmp_path, source, PATH="", COURSE_WORK="/precious", OMP_NUM_THREADS="2")
    assert result.returncode == 0, result.stdout + result.stderr


def test_each_notebook_may_go_to_another_worker(pytestconfig):
    conftest = pytestconfig.pluginmanager.get_plugin(str(ROOT / "tests" / "conftest.py"))
    scope, scheduler = conftest.NotebooksApart._split_scope, object.__new__(conftest.NotebooksApart)
    one, two = (f"tests/chapters/test_notebooks.py::test_notebook[chapters/{n}.ipynb]" for n in ("00", "02"))
    assert scope(scheduler, one) != scope(scheduler, two)
    assert scope(scheduler, "tests/test_data.py::test_a") == scope(scheduler, "tests/test_data.py::test_b[x]")


def test_graders_of_each_assignment_may_go_to_another_worker_and_stay_together(pytestconfig):
    conftest = pytestconfig.pluginmanager.get_plugin(str(ROOT / "tests" / "conftest.py"))
    scope, scheduler = conftest.NotebooksApart._split_scope, object.__new__(conftest.NotebooksApart)
    graders = "tests/exercises/test_graders.py::"
    ids = ["test_a[02_patch_embedding]", "test_b[02-ex1-Patches, last]", "test_c[02_patch_embedding-ex1_x]"]
    assert len({scope(scheduler, graders + test) for test in ids}) == 1
    assert scope(scheduler, graders + ids[0]) != scope(scheduler, f"{graders}test_a[00_start_here]")


@pytest.mark.parametrize("model", sorted(ROOT.glob("utils/models/[!_]*.py")), ids=lambda path: path.stem)
def test_every_model_is_compared_with_a_public_one(model):
    path = ROOT / "tests" / "models" / f"test_{model.name}"
    assert path.exists(), f"{model.name} has no {path.relative_to(ROOT).as_posix()}"
    tree = ast.parse(path.read_text(encoding="utf-8"))
    calls = [ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)]
    classes = [node for node in ast.parse(model.read_text(encoding="utf-8")).body if isinstance(node, ast.ClassDef)]
    if any(ast.unparse(base).endswith("Module") for node in classes for base in node.bases):
        assert any(call.endswith("weights.compare") for call in calls), f"{path.name}: no weights.compare(...)"
    else:  # functions that have no weights
        imported = {name.split(".")[0] for node in ast.walk(tree) for name in _imports(node)}
        assert imported & {"torchvision", "timm", "transformers", "peft"}, f"{path.name}: compares with nothing public"


def _imports(node: ast.AST) -> list[str]:
    if isinstance(node, ast.ImportFrom):
        return [node.module or ""]
    return [alias.name for alias in node.names] if isinstance(node, ast.Import) else []


def test_readme_links_the_chapters_there_are():
    (table,) = re.findall(r"^## The map$(.+?)(?=^## )", read("README.md"), re.DOTALL | re.MULTILINE)
    chapters = [path.relative_to(ROOT).as_posix() for path in sorted(ROOT.glob("chapters/*.ipynb"))]
    ready = [row for row in table.splitlines() if "✔" in row or "](" in row]
    links = [re.match(r"\| ✔ \| \[(\d\d) · [^]]+\]\((chapters/\1_\w+\.ipynb)\) \|", row) for row in ready]
    assert [link and link[2] for link in links] == chapters, "README.md: tick and link what is in chapters/, in order"


def test_every_module_says_what_it_is():
    for path in ROOT.glob("utils/**/*.py"):
        assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), f"{path.name} has no docstring"
