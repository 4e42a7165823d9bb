"""The files of each target of a study."""

from ner_pruning.claims.paper_scores import cells_of_study
from ner_pruning.study.data_form import is_like_table_1

PUBLISHED_STUDY = f"docs/{config['study']}/results"


def get_data():
    files = [f"<results>/data/{language}/{split}.parquet" for language in LANGUAGES for split in SPLITS]
    return files + [f"<results>/data/{language}/card.json" for language in LANGUAGES]


def get_perturbed_sets():
    return [
        get_corpus_path(perturbation, language)
        for language in LANGUAGES
        for perturbation in get_perturbations(language)
    ]


def get_models():
    return [f"<results>/runs/{run}/weights.safetensors.zst" for run in get_trained_runs()]


def get_exports(wildcards):
    """Return the folders of the runs that are to be exported."""
    if not config["export"]:
        raise SystemExit("Error: config: export: [] names no run; expected some, such as hi/dense/seed-1")
    return [f"<results>/export/{run}" for run in config["export"]]


def get_scores():
    return [f"<results>/{name}.{suffix}" for name in ("scores", "intervals") for suffix in ("parquet", "csv")]


def get_claims():
    return [f"<results>/claims.{suffix}" for suffix in ("csv", "md", "html")]


def get_explore():
    return ["<results>/explore.html"]


def get_study_config():
    return ["<results>/config.yaml", "<results>/config.html"]


def get_diagnosis():
    """Return the diagnosis of perturbed scores near their chance floor; none in a study without perturbed test sets."""
    return [f"<results>/diagnosis.{suffix}" for suffix in ("csv", "md", "html")] if PERTURBATIONS else []


def get_published_cells():
    """Return the cells of the paper's tables that the study measures too; none of other data than WikiAnn's."""
    cells = cells_of_study(STUDY_FILES.published, config)
    return [cell for cell in cells if is_like_table_1(get_data_of(cell.language))]


def get_forgotten():
    """Return what pruning forgets by language; nothing of a study of dense models."""
    return [f"<results>/forgotten.{suffix}" for suffix in ("parquet", "csv")] if COMPARED_RUNS else []


def get_tables():
    numbers = [1, *contents.f1_tables(config), *contents.example_languages(config)]
    names = [f"table-{number}" for number in numbers] + (["published"] if get_published_cells() else [])
    names += ["methods"] * grid.compares_methods(config)
    names += ["calibration", "runs"]
    names += ["forgotten"] if COMPARED_RUNS else []
    names += ["forgotten-sentences"] if contents.forgetting_languages(config) else []
    names += ["plan"] if Path(PLAN).exists() and not PREFIXED else []  # how far it was right
    return [f"<results>/tables/{name}.{suffix}" for name in names for suffix in ("csv", "md", "tex", "html")]


def get_figures():
    names = contents.figure_names(config)
    names += ["published"] if get_published_cells() else []
    names += ["forgotten"] if COMPARED_RUNS else []
    names += ["calibration", "training-curves"] + (["sparsity"] if grid.mapped_runs(config) else [])
    return [f"<results>/figures/{name}.{suffix}" for name in names for suffix in ("pdf", "png", "svg")]


def get_published_files():
    """Return what of a study is small and worth keeping in the repository: scores, claims, tables, figures, config."""
    files = [*get_scores(), *get_claims(), *get_diagnosis(), *get_forgotten(), *get_study_config()]
    files += [*get_tables(), *get_figures()]
    return [file for file in files if file.endswith((".csv", ".md", ".yaml", ".png", ".svg"))]
