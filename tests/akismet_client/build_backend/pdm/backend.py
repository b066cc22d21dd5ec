"""As much of a build backend as pip asks of a source archive that it only downloads.

With it nothing of the archive is run and no real backend is fetched.
"""

import shutil
from email import message_from_string
from pathlib import Path


def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    told = message_from_string(Path("PKG-INFO").read_text())
    folder = Path(metadata_directory, f"{told['Name']}-{told['Version']}.dist-info")
    folder.mkdir()
    shutil.copy("PKG-INFO", folder / "METADATA")
    return folder.name
