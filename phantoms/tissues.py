"""The tissues of ICRP Publication 103."""

WEIGHTED_TISSUES = (
    "red_bone_marrow",
    "colon",
    "lung",
    "stomach",
    "breast",
    "gonads",
    "bladder",
    "oesophagus",
    "liver",
    "thyroid",
    "bone_surface",
    "brain",
    "salivary_glands",
    "skin",
)
"""Tissues with a weighting factor of their own (ICRP Publication 103, Table 3)."""

REMAINDER_TISSUES = (
    "adrenals",
    "extrathoracic",
    "gall_bladder",
    "heart",
    "kidneys",
    "lymph_nodes",
    "muscle",
    "oral_mucosa",
    "pancreas",
    "prostate",
    "small_intestine",
    "spleen",
    "thymus",
    "uterus",
)
"""Remainder tissues of both sexes, 13 of them in each (ICRP Publication 103, Table 3, footnote)."""

ICRP103_TISSUES = WEIGHTED_TISSUES + REMAINDER_TISSUES
