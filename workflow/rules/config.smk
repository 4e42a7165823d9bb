"""Where the workflow's own files lie, whatever folder it is called from, and the config that all else reads."""

import copy
import os
import shlex
import sys
from pathlib import Path

from snakemake.common.configfile import load_configfile
from snakemake.io import sourcecache_entry
from snakemake.sourcecache import HostingProviderFile, LocalSourceFile
from snakemake.utils import update_config

SOURCES = ("Snakefile", "config.yaml", "requirements.lock", "requirements-int8.txt", "envs/", "profiles/", "resources/")
SOURCES += ("workflow/",)
"""What of the repository the workflow needs."""

IN_MODULE = not workflow.modifier.is_main_snakefile()


def find_root(folder):
    """Return the folder of the workflow's files; of a module from a Git host, of the copies that Snakemake has of them."""
    if isinstance(folder, LocalSourceFile):
        return Path(os.path.abspath(folder.get_path_or_uri(secret_free=True)))
    if not isinstance(folder, HostingProviderFile):
        raise SystemExit(f"Error: {folder}: expected the workflow in a local folder, by github(…) or by gitlab(…)")
    tree = folder.hosted_repo.repo.commit(folder.ref).tree
    paths = [item.path for item in tree.traverse() if item.type == "blob" and item.path.startswith(SOURCES)]
    copies = {path: workflow.sourcecache.get_path(folder.join(path)) for path in paths}
    return Path(copies["Snakefile"]).parent


ROOT = find_root(workflow.current_basedir.join("../.."))
AT_HOME = os.path.samefile(ROOT, Path.cwd())  # called in the workflow's own folder
SCRIPTS = ROOT / "workflow" / "scripts"
sys.path.insert(0, str(SCRIPTS))
if not AT_HOME:  # the folder may be shared, and no call writes into it
    sys.dont_write_bytecode = True
    os.environ.update(PYTHONDONTWRITEBYTECODE="1")

from jobs import folders, overlays
from jobs.errors import one_line_errors
from ner_pruning.study.config import check_as_written

with one_line_errors():
    folders.check_names(
        ROOT,
        [Path.cwd(), sys.prefix, *workflow.overwrite_configfiles],
        on_cluster=workflow.is_main_process and workflow.nodes is not None,
    )
    if not AT_HOME or IN_MODULE:
        folders.check_inputs([ROOT], "the folder of the workflow")

# Snakemake 9.27 gives a shell the path of Python as it is, to start scripts and to submit jobs; it has no other use of it.
if os.path.exists(sys.executable):
    sys.executable = folders.escape(sys.executable)


def get_own_file(name):
    """Return a file of the workflow as an input.

    Snakemake compares the names of input files. It records this one by its name in the workflow's folder, so that no
    result becomes stale because the workflow is called from, or lies in, another folder.
    """
    return name if AT_HOME and not IN_MODULE else local(sourcecache_entry(str(ROOT / name), name))


# the working directory's own config is laid on the workflow's as an overlay is, and may name the study; with
# --replace-workflow-config no other counts than those of the call
REPLACED = workflow.config_settings.replace_workflow_config
OWN_CONFIG = [] if AT_HOME or REPLACED or not Path("config.yaml").exists() else ["config.yaml"]


configfile: "config.yaml" if AT_HOME else str(ROOT / "config.yaml")


for path in OWN_CONFIG:

    configfile: path


if IN_MODULE:  # what the module's config does not say is as in config.yaml
    given, config = config, load_configfile(ROOT / "config.yaml")
    update_config(config, copy.deepcopy(given))

OVERLAYS, GIVEN_VALUES = workflow.overwrite_configfiles, workflow.config_settings.config_args or []
if IN_MODULE:  # they are laid on the config of the workflow that uses this one
    OVERLAYS, GIVEN_VALUES, OWN_CONFIG = [], [], []
with one_line_errors():
    if workflow.is_main_process and not IN_MODULE:
        overlays.check_given_once(sys.argv[1:])
    for path in workflow.configfiles:
        check_as_written(Path(path).read_text(encoding="utf-8"), str(path))
    VALUES = overlays.read_values(GIVEN_VALUES)
    overlays.check_study({path: load_configfile(path) for path in [*OWN_CONFIG, *OVERLAYS]}, VALUES)
if VALUES:  # from the start, because Snakemake has laid its own reading of them on the config
    config.clear()
    for path in [*([] if REPLACED else workflow.configfiles[len(OVERLAYS) :]), *OVERLAYS]:
        update_config(config, load_configfile(path))
    update_config(config, VALUES)
