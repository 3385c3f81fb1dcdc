"""Chemical elements: symbol, name and atomic number."""

from functools import cache

_SYMBOLS = """
H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr Rb Sr Y
Zr Nb Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu Hf Ta W Re
Os Ir Pt Au Hg Tl Pb Bi Po At Rn Fr Ra Ac Th Pa U Np Pu
"""
SYMBOLS = tuple(_SYMBOLS.split())

_NAMES = """
hydrogen helium lithium beryllium boron carbon nitrogen oxygen fluorine neon sodium magnesium aluminium
silicon phosphorus sulfur chlorine argon potassium calcium scandium titanium vanadium chromium manganese
iron cobalt nickel copper zinc gallium germanium arsenic selenium bromine krypton rubidium strontium
yttrium zirconium niobium molybdenum technetium ruthenium rhodium palladium silver cadmium indium tin
antimony tellurium iodine xenon cesium barium lanthanum cerium praseodymium neodymium promethium samarium
europium gadolinium terbium dysprosium holmium erbium thulium ytterbium lutetium hafnium tantalum
tungsten rhenium osmium iridium platinum gold mercury thallium lead bismuth polonium astatine radon
francium radium actinium thorium protactinium uranium neptunium plutonium
"""
NAMES = tuple(_NAMES.split())

SPELLINGS = {"aluminum": "aluminium", "sulphur": "sulfur", "caesium": "cesium"}

_NUMBER = {symbol: index + 1 for index, symbol in enumerate(SYMBOLS)}


def atomic_number(symbol: str) -> int:
    """Atomic number of an element's symbol.

    Parameters
    ----------
    symbol : str
        For example ``"Ca"``.

    Returns
    -------
    int

    Raises
    ------
    ValueError
        If there is no such element.
    """
    try:
        return _NUMBER[symbol]
    except KeyError:
        raise ValueError(f"element={symbol} (unknown). Give a symbol from H to Pu, for example Ca.") from None


def symbol(number: int) -> str:
    """Symbol of an element from its atomic number, 1 to 94."""
    return SYMBOLS[number - 1]


@cache
def atomic_weight(number: int) -> float:
    """Atomic weight in g/mol (xraylib)."""
    import xraylib

    return float(xraylib.AtomicWeight(number))


@cache
def element_density_g_cm3(number: int) -> float:
    """Density of an element under ordinary conditions in g/cm3 (xraylib)."""
    import xraylib

    return float(xraylib.ElementDensity(number))
