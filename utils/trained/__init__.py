"""Small models of the course's own, trained by the scripts beside their weights."""
