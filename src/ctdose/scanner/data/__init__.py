"""The scanners that come with ctdose."""
