"""`ctdose phantom import icrp|mesh|raw`: registers the commands that read foreign phantoms."""

from ctdose.cli.phantom_import import app
from ctdose.cli.phantom_import_icrp import import_icrp

app.command("icrp", short_help="A voxel phantom of ICRP, from ICRP's files.")(import_icrp)
