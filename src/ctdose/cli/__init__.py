"""The command line: parse, call, show; a file for each command."""
