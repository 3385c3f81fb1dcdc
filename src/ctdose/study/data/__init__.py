"""The studies that come with ctdose."""
