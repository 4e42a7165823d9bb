"""Which characters in the names of folders are refused, and that the line names both."""

import pytest
from jobs.folders import check_names
from ner_pruning.files import InputError

HARMLESS = "a b'c & #[é](*)?:;|<x>"


@pytest.mark.parametrize("on_cluster", [False, True])
def test_what_can_be_taken(on_cluster):
    check_names(f"/{HARMLESS}", [f"/{HARMLESS}/results", '/a"b'], on_cluster)


def test_what_a_cluster_cannot_take_is_taken_without_one():
    check_names('/$HOME `x` \\ 5% \n "it\'s"', [], on_cluster=False)


@pytest.mark.parametrize("brace", "{}")
def test_braces_in_the_folder_of_the_workflow(brace):
    with pytest.raises(InputError) as error:
        check_names(f"/lab/a{brace}b", [], on_cluster=False)
    assert str(error.value) == (
        f"/lab/a{brace}b: the folder of the workflow has {brace} in its name, which Snakemake takes for a wildcard; "
        "expected a folder without it"
    )
    check_names("/lab", [f"/scratch/a{brace}b"], on_cluster=True)


@pytest.mark.parametrize("character", ["$", "`", "\\", "%", "\n"])
@pytest.mark.parametrize("places", [("/lab/{}", "/scratch"), ("/lab", "/scratch/{}")])
def test_what_the_submission_of_jobs_loses(character, places):
    root, folder = (place.replace("{}", f"a{character}b") for place in places)
    with pytest.raises(InputError) as error:
        check_names(root, [folder], on_cluster=True)
    bad = (root if "lab/a" in root else folder).replace("\n", "\\n")
    name = "a line break" if character == "\n" else character
    assert str(error.value) == (
        f"{bad}: a path of the study has {name} in its name, which submission to SLURM loses; "
        "expected a folder without it"
    )


def test_both_quotes_on_a_cluster():
    with pytest.raises(
        InputError, match=r"^/a'b\"c: has ' and \" in it, both of which .*; expected at most one of them$"
    ):
        check_names("/lab", ["/a'b\"c"], on_cluster=True)
