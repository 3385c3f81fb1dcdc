"""What a simulation leaves: the result in memory, its HDF5 file, tables, plots, comparisons."""
