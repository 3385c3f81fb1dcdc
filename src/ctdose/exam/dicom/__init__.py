"""A real examination, from the headers of its images or from its dose report, as an exam."""
