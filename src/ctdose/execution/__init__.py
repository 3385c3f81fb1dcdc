"""Running exams: from an exam to the jobs of its bodies, from their sums to the result, and what is kept between."""
