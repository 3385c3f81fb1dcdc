"""Many exams: a folder or a manifest of them, one after the other, and a table of all."""
