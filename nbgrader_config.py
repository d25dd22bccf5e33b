"""nbgrader's settings. Run every `nbgrader` command in this folder. Everything of a class lies in classroom/.

`COURSE_EXCHANGE` names a folder that several people of one machine share. `COURSE_DB` is the address of a gradebook in
PostgreSQL, such as postgresql+psycopg://user@host/name, for large classes. See docs/instructors.md.
"""

import os
from pathlib import Path

from nbgrader.converters import Autograde

from utils.grading.execute import SandboxedExecute
from utils.grading.feedback import FEEDBACK, SHOWN, Disarm, Show
from utils.grading.rebuild import Rebuild
from utils.grading.release import PREPROCESSORS

ROOT = Path(__file__).resolve().parent
CLASSROOM = ROOT / "classroom"
EXCHANGE = Path(os.environ.get("COURSE_EXCHANGE") or CLASSROOM / "exchange")
EXCHANGE.mkdir(parents=True, exist_ok=True)  # nbgrader creates neither this folder nor that of its database
CLASSROOM.mkdir(exist_ok=True)

c = get_config()  # noqa: F821  (nbgrader defines it)

c.CourseDirectory.course_id = "vision-transformers"
c.CourseDirectory.root = str(ROOT)
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "exercises"
c.CourseDirectory.submitted_directory = "classroom/submitted"
c.CourseDirectory.autograded_directory = "classroom/autograded"
c.CourseDirectory.feedback_directory = "classroom/feedback"
c.CourseDirectory.solution_directory = "classroom/solution"
c.CourseDirectory.source_with_tests_directory = "classroom/source_with_tests"
c.CourseDirectory.db_url = os.environ.get("COURSE_DB") or f"sqlite:///{CLASSROOM / 'gradebook.db'}"
c.NbGrader.logfile = str(CLASSROOM / "nbgrader.log")
c.CsvExportPlugin.to = str(CLASSROOM / "grades.csv")

# Handing in on one machine: fetch puts an assignment into work/, submit takes it from there.
c.Exchange.root = str(EXCHANGE)
c.Exchange.cache = str(CLASSROOM / "cache")
c.Exchange.assignment_dir = str(ROOT / (os.environ.get("COURSE_WORK") or "work"))

# Handing in by files: classroom/downloaded/NN_topic/archive/NAME_NN_topic.ipynb, or NAME.zip with NN_topic.ipynb in it.
c.ZipCollectApp.downloaded_directory = "classroom/downloaded"
NAME, FILE = r"(?P<student_id>[\w .@+,'()-]+?)", r"(?P<file_id>\d\d_\w+)\.ipynb"
c.FileNameCollectorPlugin.named_regexp = rf".*[/\\]extracted[/\\]{NAME}[/\\_](?:.*[/\\])?{FILE}"

c.GenerateAssignment.preprocessors = PREPROCESSORS

# The official notebook with the student's answers runs in the sandbox, by `course grade` and by plain nbgrader.
c.Rebuild.root = str(ROOT)
c.Autograde.sanitize_preprocessors = [Rebuild, *Autograde.sanitize_preprocessors.default()]
_, *after = Autograde.autograde_preprocessors.default()
c.Autograde.autograde_preprocessors = [SandboxedExecute, *after, Disarm]
c.Execute.timeout = 60  # seconds a cell may take
c.SandboxedExecute.total_timeout = 600  # seconds a notebook may take

# Pages in which nothing of a student's is executed: the feedback, and the form grader.
c.GenerateFeedback.preprocessors = FEEDBACK
c.SafeFeedback.records = str(CLASSROOM / "grading")
c.HTMLExporter.filters = {"markdown2html": "utils.grading.feedback.markdown2html"}
c.HTMLExporter.preprocessors = [Show]  # in the form grader
c.HTMLExporter.exclude_raw = True
c.HTMLExporter.sanitize_html = True
c.WidgetsDataTypeFilter.display_data_priority = SHOWN
