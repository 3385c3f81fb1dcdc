"""Materials, cross sections, spectra: data in, kernel tables out. Importing it loads no xraylib."""
