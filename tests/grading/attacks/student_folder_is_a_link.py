"""Makes its whole folder a link to a fellow student's. With stock nbgrader this earns what the other one earns."""

SCORE = 0
FLAGS = {"link"}
MAY = {"missing", "unreadable"}


def submit(folder, notebook):
    folder.rmdir()
    folder.parent.rmdir()
    folder.parent.symlink_to(folder.parents[1] / "aaa_honest")
