"""Which characters in the names of folders are refused, and that the line names both."""

import os
import subprocess

import pytest
from jobs.folders import check_inputs, check_names, escape
from ner_pruning.files import InputError

HARMLESS = "a b'c & #[é](*)?:;|<X>"


@pytest.mark.parametrize("on_cluster", [False, True])
def test_what_can_be_taken(on_cluster):
    check_names(f"/{HARMLESS}", [f"/{HARMLESS}/results"], on_cluster)


def test_what_a_cluster_cannot_take_is_taken_without_one():
    check_names('/$HOME `x` \\ 5% \n "it\'s"', [], on_cluster=False)


@pytest.mark.parametrize("brace", "{}")
def test_braces_in_the_folder_of_the_workflow(brace):
    with pytest.raises(InputError) as error:
        check_names(f"/lab/a{brace}b", [], on_cluster=False)
    assert str(error.value) == (
        f"/lab/a{brace}b: the folder of the workflow has {brace} in its name, which Snakemake reads as a wildcard; "
        "expected a name without it"
    )
    check_names("/lab", [f"/scratch/a{brace}b"], on_cluster=True)


@pytest.mark.parametrize("character", ["$", "`", '"', "\\", "%", "\n"])
@pytest.mark.parametrize("places", [("/lab/{}", "/scratch"), ("/lab", "/scratch/{}")])
def test_what_the_submission_of_jobs_loses(character, places):
    root, folder = (place.replace("{}", f"a{character}b") for place in places)
    with pytest.raises(InputError) as error:
        check_names(root, [folder], on_cluster=True)
    bad = (root if "lab/a" in root else folder).replace("\n", "\\n")
    name = "a line break" if character == "\n" else character
    assert str(error.value) == (
        f"{bad}: a path of the study has {name} in its name, which is lost in submission to SLURM; "
        "expected a name without it"
    )


@pytest.mark.parametrize("part", ["{", "}", "<results>", "<a_1>"])
def test_what_snakemake_would_fill_in(part):
    with pytest.raises(InputError) as error:
        check_inputs(["/data/hi/train", f"/data/a{part}b/test"], "a file of `data: folder`")
    assert str(error.value) == (
        f"/data/a{part}b/test: a file of `data: folder` has {part} in its name, which Snakemake would fill in; "
        "expected a name without it"
    )


def test_inputs_of_odd_names():
    check_inputs([f'/{HARMLESS}/$HOME `x` \\ 5% "y"', "/a<B>", "/a<1>", "/a < b > c"], "`reference`")


@pytest.mark.parametrize("character", [*" '\"&$#:()[]{}<>*?%\\`!;|~^=,\t\n", "é", "你", "e\u0301"])
def test_a_shell_reads_back_the_path_of_python_and_its_folder(character):
    path = f"/lab/{character}a{character}b/bin/python"
    escaped = escape(path)
    for written, expected in ((escaped, path), (os.path.dirname(escaped), os.path.dirname(path))):
        done = subprocess.run(["bash", "-c", f"printf %s {written}"], capture_output=True, text=True, check=True)
        assert done.stdout == expected


def test_a_usual_path_of_python_stays_as_it_is():
    assert escape("/home/me/v1.2_a-b/.venv/bin/python3.11") == "/home/me/v1.2_a-b/.venv/bin/python3.11"
