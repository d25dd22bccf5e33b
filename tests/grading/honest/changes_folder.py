"""Works in another folder for a while, and stays there."""

SCORE = 10
FLAGS = set()
AFTER = {
    "setup": ["import os\nos.makedirs('mine', exist_ok=True)\nos.chdir('mine')\nopen('notes.txt', 'w').write('hello')"]
}
