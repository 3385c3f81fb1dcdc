"""Conversion of the transport's units into those of dosimetry."""

JOULE_PER_KEV = (
    1.602176634e-16  # exact: the elementary charge of the SI of 2019, BIPM SI Brochure, 9th edition
)
MGY_PER_KEV_PER_G = JOULE_PER_KEV * 1e3 * 1e3  # J/kg from keV/g, then mGy
KEV_CM2_PER_G_PER_GY_M2 = 1e4 / (JOULE_PER_KEV * 1e3)  # dose per fluence: cm2 from m2, keV/g from J/kg
