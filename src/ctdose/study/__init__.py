"""Many settings of one exam side by side: what each does to dose, to image noise, and to their ratio."""
