"""What rules read and are given: the functions of their inputs, parameters and resources, by the file of the rules.

Resources are what a cluster is asked for: they make no result stale, and a local run has no limit on any but GPUs.
"""

# data.smk


@cache
def get_data_of(language):
    """Return the config's `data` as it is for a language."""
    return data_of_language(config["data"], language)


def get_languages_by_revision():
    """Return the first language of each data set on the Hub that only `by_language` names, by repository and revision."""
    of_study = (config["data"]["repository"], config["data"]["revision"])
    first = {}
    for language in LANGUAGES:
        data = get_data_of(language)
        named = (data["repository"], data["revision"])
        if data["source"] == "hub" and named != of_study:
            first.setdefault(named, language)
    return first


LANGUAGE_REVISIONS = get_languages_by_revision()


BY_SPLIT = [
    language for language in LANGUAGES if get_data_of(language)["source"] == "local" and config["data"]["entity_types"]
]
"""Languages whose splits are read one by one, so that a change of a file makes nothing stale that reads other splits.

They are those whose files are here; not where the entity types are those that all splits of a language have.
"""


def get_source(wildcards):
    """Return what a language's data, or a split of them, is read from: the resolved revision, files, or nothing."""
    data = get_data_of(wildcards.language)
    if data["source"] == "hub":
        language = LANGUAGE_REVISIONS.get((data["repository"], data["revision"]))
        return {"resolved": f"<results>/data/{language}/source.json" if language else "<results>/data/source.json"}
    if data["source"] == "local":
        files = STUDY_FILES.data[wildcards.language]
        splits = [wildcards.split] if wildcards.language in BY_SPLIT else SPLITS
        return {"files": [local(str(path)) for path in dict.fromkeys(path for each in splits for path in files[each])]}
    return {}


def get_source_kind(wildcards):
    return get_data_of(wildcards.language)["source"]


def get_folder(wildcards):
    """Return the folder that a language is read from, None for data that are not here."""
    return get_data_of(wildcards.language)["folder"] if get_source_kind(wildcards) == "local" else None


def get_repository(wildcards):
    return get_data_of(wildcards.language)["repository"]


def get_revision(wildcards):
    return get_data_of(wildcards.language)["revision"]


def get_encoder_source(wildcards):
    """Return what the encoder is made from: the resolved revision, the folder's files, a vocabulary or training text."""
    if config["encoder"]["source"] == "hub":
        return {"commit": "<results>/encoder/source.json"}
    if config["encoder"]["source"] == "local":
        return {"files": [local(str(path)) for path in STUDY_FILES.encoder]}
    if STUDY_FILES.encoder:
        return {"vocabulary": [local(str(path)) for path in STUDY_FILES.encoder]}
    return {"train": [get_corpus_path("train", language) for language in LANGUAGES]}


def get_encoder_sizes(wildcards):
    """Return the seed and sizes of an encoder with random weights, None for a pretrained one."""
    return sorted_values(config["encoder"]["random"]) if config["encoder"]["source"] == "random" else None


def get_expected_sizes(wildcards):
    """Return the number of sentences of each split, or of the one that is read; None if none is known."""
    sizes = grid.known_sizes(wildcards.language, config, TABLE)
    split = wildcards.get("split")
    return {split: sizes[split]} if sizes and split else sorted_values(sizes)


def get_allow_other_sizes(wildcards):
    return grid.may_have_other_sizes(wildcards.language, config, TABLE)


def get_form(wildcards):
    """Return what a language reads of how its data set is named and written; None if that is as WikiAnn's."""
    form = DataForm.of_config(get_data_of(wildcards.language))
    return None if form == WIKIANN else sorted_values(form.of_language(wildcards.language))


def get_synthetic(wildcards):
    """Return the size of each synthetic split and the seed, None for real data."""
    if get_source_kind(wildcards) != "synthetic":
        return None
    return {"seed": config["data"]["synthetic"]["seed"], "sizes": get_expected_sizes(wildcards)}


LANGUAGE_DATA = {
    "form": get_form,
    "language": "{language}",
    "source": get_source_kind,
    "folder": get_folder,
    "expected": get_expected_sizes,
    "allow_other_sizes": get_allow_other_sizes,
    "synthetic": get_synthetic,
    "version": version_of("language_data"),
}
"""What the splits of a language are read by, all at once or one by one."""


# perturb.smk


def get_pool_paths(wildcards):
    """Return the splits whose mentions replace those of a language's test set."""
    split = config["replacement"]["pool_split"]
    return [f"<results>/data/{language}/{split}.parquet" for language in get_pool(**wildcards)]


def get_pool_languages(wildcards):
    return get_pool(**wildcards)


# finetune.smk


def get_sentences(wildcards):
    """Return the encoded training sentences of a training set."""
    return [f"<results>/encoded/train/{language}.parquet" for language in get_languages(wildcards)]


def get_run(wildcards):
    return terms.Run(wildcards.training_set, wildcards.variant, int(wildcards.seed))


def get_source_run(wildcards):
    """Return the weights of the run that a run starts from, or whose zeros it takes over; nothing for most."""
    run = get_run(wildcards)
    source = methods.source_of_run(run)
    if run.quantised:
        raise SystemExit(f"Error: {run} has no weights of its own; expected those of {source}")
    return {} if source is None else {"source": f"<results>/runs/{source}/weights.safetensors.zst"}


def get_finetuning(wildcards):
    """Return what a run reads of how it is fine-tuned."""
    return sorted_values(grid.finetuning_of_run(wildcards.training_set, config, TABLE))


def get_schedules(wildcards):
    """Return what a run reads of the schedules that may apply to it."""
    return sorted_values(grid.schedules_of_run(wildcards.training_set, wildcards.variant, config, TABLE))


def get_pruning(wildcards):
    """Return what a run reads of how it is pruned, None if it is dense."""
    return sorted_values(grid.pruning_of_run(wildcards.variant, config))


def get_planned_seconds(rule, wildcards):
    """Return the seconds that the study's plan expects of a run's job, None without a plan for such devices."""
    return PLANNED_SECONDS.get(get_run(wildcards), {}).get(rule)


def get_training_minutes(wildcards, attempt):
    steps = 0
    if methods.trains(get_run(wildcards)):
        steps = resources.expected_steps(wildcards.training_set, config, TABLE)
    return resources.training_minutes(steps, GPUS, attempt, get_planned_seconds("finetune", wildcards))


def get_training_megabytes(wildcards, attempt):
    return resources.training_megabytes(wildcards.variant, len(get_languages(wildcards)), attempt)


# evaluate.smk


def get_test_sets(language):
    """Return what a language is evaluated on: validation, and the test sets that exist for it."""
    return [terms.VALIDATION, terms.REGULAR, *get_perturbations(language)]


def get_evaluation_names(wildcards):
    return get_test_sets(wildcards.language)


def get_evaluation_corpora(wildcards):
    """Return the corpora that a language is evaluated on."""
    return [get_corpus_path(name, wildcards.language) for name in get_test_sets(wildcards.language)]


def get_training_corpora(wildcards):
    return [get_corpus_path("train", language) for language in get_languages(wildcards)]


def get_encoded_evaluation(wildcards):
    return [f"<results>/encoded/evaluation/{language}.parquet" for language in get_languages(wildcards)]


def get_evaluation(wildcards):
    return [f"<results>/evaluation/{language}.parquet" for language in get_languages(wildcards)]


def get_evaluated_perturbed():
    """Return (perturbation, language) of the perturbed sets that any run is evaluated on."""
    return [
        (perturbation, language)
        for perturbation in PERTURBATIONS
        for language in get_evaluated_languages()
        if perturbation in get_perturbations(language)
    ]


def get_stored(name, run):
    """Return a file of the run whose weights a run predicts with."""
    return f"<results>/runs/{methods.stored_run(run)}/{RUN_FILES[name]}"


def get_stored_weights(wildcards):
    return get_stored("weights", get_run(wildcards))


def get_stored_config(wildcards):
    return get_stored("config", get_run(wildcards))


def get_stored_record(wildcards):
    return get_stored("record", get_run(wildcards))


def get_stored_sparsity(wildcards):
    return get_stored("sparsity", get_run(wildcards))


def get_stored_records(runs):
    return [get_stored("record", run) for run in runs]


def get_quantisation(wildcards):
    """Return how a run is quantised, and a digest of the package's version; None for one that is not."""
    return [terms.INT8, get_int8_lock()] if get_run(wildcards).quantised else None


def get_prediction_minutes(wildcards, attempt):
    sizes = {language: grid.expected_sizes(language, config, TABLE) for language in get_languages(wildcards)}
    sentences = sum(
        size["validation"] + size["test"] * (1 + len(get_perturbations(language))) for language, size in sizes.items()
    )
    return resources.prediction_minutes(sentences, GPUS, attempt, get_planned_seconds("predict", wildcards))


def get_prediction_megabytes(wildcards, attempt):
    return resources.prediction_megabytes(attempt)


# tables.smk, figures.smk and claims.smk


def get_claims_input(wildcards):
    """Return what else the claims are tested on: overlap of multilingual training, recall, F1 by others and so on."""
    files = {"overlap": f"<results>/overlap/{terms.MULTILINGUAL}.csv"} if config["multilingual"] else {}
    if COMPARED_RUNS:
        files["recall"] = "<results>/recall.parquet"
    if config["reference"]:
        files["reference"] = local(config["reference"])
    if STUDY_FILES.equal_budget:
        files["equal_budget"] = [local(str(path)) for path in STUDY_FILES.equal_budget]
    return files


def get_number(wildcards):
    """Return the number of a table."""
    return int(wildcards.number)


def get_table_languages(wildcards):
    """Return the languages of one of tables 2-9."""
    return contents.f1_table_languages(int(wildcards.number), config)


def get_table_labels(number, shows):
    """Return how the report lists one of the paper's tables.

    The report sorts labels as text: a figure space, as wide as a digit, puts 2 before 10.
    """
    return {"table": number.rjust(2, "\N{FIGURE SPACE}"), "shows": shows}


def get_figure_labels(wildcards):
    number = wildcards.figure.removeprefix("figure-")
    shows = contents.shown_by(wildcards.figure)
    return {"figure": number if number.isdecimal() else "beyond the paper", "shows": shows}


def get_published_languages():
    """Return the languages whose published F1 a study compares its own with, where it has others too."""
    like = [language for language in LANGUAGES if is_like_table_1(get_data_of(language))]
    return {"languages": like} if len(like) < len(LANGUAGES) else {}


def get_f1_labels(wildcards):
    return get_table_labels(wildcards.number, ", ".join(terms.F1_TABLES[int(wildcards.number)]))


def get_example_labels(wildcards):
    return get_table_labels(wildcards.number, f"perturbed sentences, {get_example_language(wildcards)}")


def get_example_language(wildcards):
    return contents.example_languages(config)[int(wildcards.number)]


def get_example_test(wildcards):
    return get_corpus_path(terms.REGULAR, get_example_language(wildcards))


def get_example_perturbed(wildcards):
    return get_corpus_path(terms.IN_LANGUAGE, get_example_language(wildcards))


def get_found(runs):
    """Return what each of some runs finds."""
    return [f"<results>/runs/{run}/found.parquet" for run in runs]


def get_mentions(training_sets):
    """Return the properties of the mentions beside each of some training sets."""
    return [f"<results>/mentions/{training_set}.parquet" for training_set in training_sets]


def get_forensic_languages():
    """Return the languages of published monolingual perturbed cells that the study has in-language test sets of."""
    if terms.IN_LANGUAGE not in PERTURBATIONS:
        return []
    cells = [cell for cell in STUDY_FILES.published if cell[:2] == (terms.MONOLINGUAL, terms.IN_LANGUAGE)]
    published = dict.fromkeys(cell.language for cell in cells)
    return [code for code in published if code in LANGUAGES and is_like_table_1(get_data_of(code))]


def get_forensic_regular(wildcards):
    """Return the regular test sets of the forensics' languages; refuses a study without any."""
    if not get_forensic_languages():
        raise SystemExit(
            "Error: forensics: no in-language test set of a language whose monolingual models are published; expected "
            "in-language in perturbations, and in languages one of en, zh, bn, eu, af, hi, sw, te, jv, yo; of WikiAnn"
        )
    return [get_corpus_path(terms.REGULAR, language) for language in get_forensic_languages()]


def get_forensic_perturbed(wildcards):
    return [get_corpus_path(terms.IN_LANGUAGE, language) for language in get_forensic_languages()]


def get_present_encoder(wildcards):
    """Return the folder of the study's encoder if it is there, else None; of a module with a prefix it is not known."""
    folder = f"results/{config['study']}/encoder"
    return folder if Path(folder, "model.safetensors").is_file() and not PREFIXED else None


def get_present_encoded(wildcards):
    """Return (language, encoded evaluation) of the languages of the forensics whose sentences are encoded already."""
    folder = f"results/{config['study']}/encoded/evaluation"
    paths = {language: f"{folder}/{language}.parquet" for language in get_forensic_languages()}
    return [(language, path) for language, path in paths.items() if Path(path).is_file() and not PREFIXED]


def get_present_runs(wildcards):
    """Return (run, folder) of the monolingual runs of the forensics' languages that were scored or are stored."""
    runs = [run for run in get_trained_runs() if run.training_set in get_forensic_languages()]
    folders = [(tuple(run), f"results/{config['study']}/runs/{run}") for run in runs]
    files = ("scores.csv", "weights.safetensors.zst")
    return [
        (run, folder) for run, folder in folders if any(Path(folder, file).is_file() for file in files) and not PREFIXED
    ]


# plan.smk


def get_benchmarks(rule):
    """Return what Snakemake writes of the time of a rule's job of each trained run."""
    return [f"<results>/benchmarks/{rule}/{run}.tsv" for run in get_trained_runs()]


def get_scripts(wildcards):
    """Return the path of each rule's script, of those that have one, by the name of the rule in this workflow."""
    named = {name: proxy.rule for name, proxy in rules._rules.items()}  # a module may have other names for them
    return {name: str(SCRIPTS / Path(rule.script).name) for name, rule in named.items() if rule.script}


def get_planned_languages():
    """Return what decides which claims a study can test, by language: sizes, test sets and groups."""
    return {
        language: {
            "train_sentences": (sizes := grid.expected_sizes(language, config, TABLE))["train"],
            "test_sentences": sizes["test"],
            "test_sets": [terms.REGULAR, *get_perturbations(language)],
            "family": TABLE[language].family,
            "script": TABLE[language].script,
        }
        for language in get_evaluated_languages()
    }


def get_planned_encoder(wildcards):
    """Return what a plan is measured with; of a module whose results lie elsewhere it could not say what is left."""
    if PREFIXED:
        raise SystemExit("Error: plan: not of a module with a prefix; expected `snakemake plan` of the workflow itself")
    return ["<results>/encoder/config.json", "<results>/encoder/model.safetensors"]


# export.smk


def get_dataset_name(wildcards):
    return dataset_name(config, get_languages(wildcards))


def get_hub_ids(wildcards):
    return hub_ids(config, get_languages(wildcards))


def get_read_corpora(wildcards):
    """Return the texts of the languages of a training set: those that are trained on and those that are evaluated."""
    evaluated = [(name, language) for language in get_languages(wildcards) for name in get_test_sets(language)]
    return get_training_corpora(wildcards) + [get_corpus_path(name, language) for name, language in evaluated]


# efficiency.smk


def get_machine(wildcards):
    """Return what a measurement of speed is of beside the models: processor, cores and the library for int8.

    The cores are not the rule's threads, because Snakemake forgets a parameter that these are read for.
    """
    return f"{processor_name()}, {workflow.cores} cores, torchao {quantisation.torchao_version()}"
