"""The patient's own CT as a phantom: images and labels read, tissues assigned, what is cut named.

`build_patient` is the door; `image` holds the one frame in which everything is, LPS in mm.
"""
