"""Adds a named pipe, whose reader waits for ever, and a socket."""

import os
import socket

import nbformat

SCORE = 4
FLAGS = {"link"}


def submit(folder, notebook):
    nbformat.write(notebook, folder / "08_attacked.ipynb")
    os.mkfifo(folder / "data.csv")
    here = os.getcwd()
    os.chdir(folder)  # the path of a socket must be short
    try:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind("socket")
    finally:
        os.chdir(here)
