"""`ctdose phantom import icrp|mesh|raw`: registers the commands that read foreign phantoms."""

from ctdose.cli.phantom_import import app
from ctdose.cli.phantom_import_icrp import import_icrp
from ctdose.cli.phantom_import_mesh import import_mesh
from ctdose.cli.phantom_import_raw import import_raw

app.command("icrp", short_help="A voxel phantom of ICRP, from ICRP's files.")(import_icrp)
app.command("mesh", short_help="A tetrahedral mesh, made into voxels.")(import_mesh)
app.command("raw", short_help="Raw voxels, described by a YAML file.")(import_raw)
