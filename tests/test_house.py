"""Rules of the house that no linter knows: what may stand in a file, and who may import whom."""

import ast
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
PACKAGE_ROOTS = ("src/ctdose", "kernels", "phantoms")
SKIPPED_FOLDERS = {".git", ".static_view", ".venv", ".venv-ci", "build", "dist", "__pycache__"}

KERNELS_MAY_IMPORT = {"numpy", "numba", "math", "typing"}  # typing: NamedTuple
MAY_IMPORT_KERNELS = {"simulation", "imaging"}
# They differ from one machine to the next in the last bits: kernels/elementary.py has its own.
INEXACT = {
    *(
        "log",
        "log2",
        "log10",
        "log1p",
        "exp",
        "exp2",
        "expm1",
        "pow",
        "power",
        "float_power",
        "cbrt",
        "hypot",
    ),
    *("sin", "cos", "tan", "asin", "acos", "atan", "atan2", "arcsin", "arccos", "arctan", "arctan2"),
    *("sinh", "cosh", "tanh"),
}
UNSAFE_YAML = {"load", "load_all", "full_load", "full_load_all", "unsafe_load", "unsafe_load_all"}
UNSAFE_MODULES = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve"}

pytestmark = pytest.mark.skipif(not (ROOT / "pyproject.toml").is_file(), reason="needs the source tree")


def project_files() -> list[Path]:
    """Every file that is committed or is about to be; all files where there is no git."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode()
        paths = [ROOT / name for name in listed.split("\0") if name]
    except (OSError, subprocess.CalledProcessError):
        paths = [p for p in ROOT.rglob("*") if not SKIPPED_FOLDERS & set(p.relative_to(ROOT).parts)]
    return sorted(path for path in paths if path.is_file() and not path.is_symlink())


def sources(*folders: str) -> list[Path]:
    """Python files below these folders of the source tree."""
    return [p for p in python_files() if p.relative_to(ROOT).as_posix().startswith(folders)]


def python_files() -> list[Path]:
    return [path for path in project_files() if path.suffix == ".py"]


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def where(path: Path, node: ast.AST) -> str:
    return f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 1)}"


def imported_modules(path: Path) -> list[tuple[str, ast.AST]]:
    """Absolute names of everything a file imports, also inside functions; `from a import b` gives a.b."""
    found: list[tuple[str, ast.AST]] = []
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            found += [(alias.name, node) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = ".".join([*package_of(path, node.level), *([node.module] if node.module else [])])
            found += [(f"{base}.{alias.name}", node) for alias in node.names]
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("import_module", "__import__")):
            first = node.args[0] if node.args else None
            found.append((first.value if isinstance(first, ast.Constant) else "", node))
    return found


def package_of(path: Path, level: int) -> list[str]:
    """The package that a relative import of this level starts from; nothing for an absolute import."""
    if not level:
        return []
    relative = path.relative_to(ROOT / "src" if path.is_relative_to(ROOT / "src") else ROOT)
    parts = list(relative.parent.parts)
    full = parts if parts[:1] == ["ctdose"] else ["ctdose", *parts]
    return full[: len(full) - (level - 1)]


def is_within(module: str, package: str) -> bool:
    return module == package or module.startswith(package + ".")


def test_kernels_import_numpy_numba_math_and_kernels_only():
    wrong = [
        f"{where(path, node)} imports {module}"
        for path in sources("kernels/")
        for module, node in imported_modules(path)
        if not is_within(module, "ctdose.kernels") and module.split(".")[0] not in KERNELS_MAY_IMPORT
    ]
    assert wrong == []


def test_tables_and_phantoms_import_no_numba():
    files = [ROOT / "kernels/__init__.py", ROOT / "kernels/tables.py", *sources("phantoms/")]
    wrong = [
        where(path, node)
        for path in files
        for module, node in imported_modules(path)
        if is_within(module, "numba")
    ]
    assert wrong == []


def test_only_simulation_and_imaging_import_more_of_the_kernels_than_tables():
    allowed = tuple(f"src/ctdose/{name}/" for name in MAY_IMPORT_KERNELS)
    wrong = [
        f"{where(path, node)} imports {module}"
        for path in sources("src/", "phantoms/")
        if not path.relative_to(ROOT).as_posix().startswith(allowed)
        for module, node in imported_modules(path)
        if is_within(module, "ctdose.kernels")
        and module != "ctdose.kernels"
        and not is_within(module, "ctdose.kernels.tables")
    ]
    assert wrong == []


def test_no_bare_import_of_kernels_or_phantoms():
    """From the root, `import kernels` would load a second copy."""
    wrong = [
        where(path, node)
        for path in python_files()
        for module, node in imported_modules(path)
        if module.split(".")[0] in {"kernels", "phantoms"}
    ]
    assert wrong == []


def unsafe(node: ast.AST) -> str:
    """What runs code out of data, or "" where nothing does."""
    if isinstance(node, ast.keyword) and node.arg == "allow_pickle":
        safe = isinstance(node.value, ast.Constant) and node.value.value is False
        return "" if safe else "allow_pickle"
    if not isinstance(node, ast.Call):
        return ""
    if isinstance(node.func, ast.Name) and node.func.id in {"eval", "exec", "compile", "__import__"}:
        return node.func.id
    called = ast.unparse(node.func)
    return called if called in {f"yaml.{name}" for name in UNSAFE_YAML} else ""


def test_the_package_runs_no_code_out_of_data():
    wrong = []
    for path in sources(*(f"{folder}/" for folder in PACKAGE_ROOTS)):
        wrong += [f"{where(path, n)} {unsafe(n)}" for n in ast.walk(parsed(path)) if unsafe(n)]
        wrong += [where(path, n) for m, n in imported_modules(path) if m.split(".")[0] in UNSAFE_MODULES]
    assert wrong == []


def inexact(node: ast.AST) -> str:
    """What in a kernel would cost bits, or ""."""
    if isinstance(node, ast.keyword) and node.arg == "fastmath":
        return "fastmath"
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return node.attr if node.value.id in {"math", "np", "numpy"} and node.attr in INEXACT else ""
    if isinstance(node, ast.ImportFrom) and node.module in {"math", "numpy"}:
        return ", ".join(alias.name for alias in node.names if alias.name in INEXACT)
    # x**2 is x*x everywhere; any other power is a library call in one of compiled and plain Python.
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
        constant = is_number(node.left) and is_number(node.right)
        square = isinstance(node.right, ast.Constant) and node.right.value == 2
        return "" if constant or square else "**"
    return ""


def is_number(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) or (isinstance(node, ast.UnaryOp) and is_number(node.operand))


def test_kernels_use_no_function_that_differs_between_machines():
    """Constants of a module are free: they are rounded to float32 when it is loaded."""
    wrong = [
        f"{where(path, node)} {inexact(node)}"
        for path in sources("kernels/")
        for function in ast.walk(parsed(path))
        if isinstance(function, ast.FunctionDef | ast.ImportFrom | ast.Lambda)
        for node in ast.walk(function)
        if inexact(node)
    ]
    assert wrong == []


def test_nothing_is_left_to_do():
    words = ("TO" + "DO", "FIX" + "ME")
    kinds = {".py", ".md", ".toml", ".yaml", ".cff", ".csv"}
    wrong = [
        f"{path.relative_to(ROOT)}: {word}"
        for path in project_files()
        if path.suffix in kinds or path.parent.name == ".ci"
        for word in words
        if word in path.read_text(encoding="utf-8")
    ]
    assert wrong == []


def data_files() -> list[Path]:
    return [path for path in project_files() if path.suffix == ".yaml" and path.parent.name == "data"]


def names_its_source(value: object) -> bool:
    """Whether some key, at any depth, is `source` or `citation`, alone or as the end of a name."""
    if isinstance(value, dict):
        for key, inner in value.items():
            word = str(key).lower().removesuffix("s")
            if word.endswith(("source", "citation")) and inner:
                return True
        return any(names_its_source(inner) for inner in value.values())
    return isinstance(value, list) and any(names_its_source(inner) for inner in value)


@pytest.mark.parametrize("path", data_files(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_data_file_is_plain_yaml_and_names_its_source(path):
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert content, "the file is empty"
    # An exam or a study is an example, not a fact of nature: it has no source to name. So are the fuzz tests' exams.
    if path.parent.parent.name not in ("exam", "study") and not path.name.startswith("fuzz_"):
        assert names_its_source(content), "no key `source` or `citation`"
