"""What a user asks for: exam, acquisitions, scan range; YAML to checked objects and plans."""
