"""The exams that come with ctdose."""
