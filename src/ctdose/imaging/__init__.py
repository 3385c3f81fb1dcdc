"""What an image of the phantom would show: water-equivalent diameter, size-specific dose estimate."""
