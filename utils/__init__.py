"""What the notebooks import: model code, data, plots, widgets and grading of the course."""
