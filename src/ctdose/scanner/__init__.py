"""The machine: tube, filtration, bowtie, collimation, output."""
