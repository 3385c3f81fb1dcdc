"""Organs that are reported together, by their names in every phantom."""

GROUPS = {
    "lungs": ("left_lung", "right_lung"),
    "kidneys": ("left_kidney", "right_kidney"),
    "adrenals": ("left_adrenal", "right_adrenal"),
    "breasts": ("left_breast_glandular", "right_breast_glandular"),
    "colon": ("right_colon_wall", "left_colon_wall", "rectosigmoid_wall"),
    "testes": ("left_testis", "right_testis"),
    "ovaries": ("left_ovary", "right_ovary"),
    "eye_lenses": ("left_eye_lens", "right_eye_lens"),
    "eyes": ("left_eye", "right_eye"),
    "salivary_glands": ("left_salivary_glands", "right_salivary_glands"),
}
