"""The study's fixed words, as used in paths, tables and configs, and the names of variants."""

from collections.abc import Iterable
from typing import NamedTuple

MULTILINGUAL = "multilingual"
MONOLINGUAL = "monolingual"

VALIDATION = "validation"
REGULAR = "regular"
IN_LANGUAGE = "in-language"
IN_SCRIPT = "in-script"
IN_FAMILY = "in-family"

PERTURBATIONS = (IN_LANGUAGE, IN_SCRIPT, IN_FAMILY)
"""The paper's. A study may have others: `in-region`, within the languages that share the region."""

OF_ITSELF = (IN_LANGUAGE,)
"""Perturbations that read nothing but the language's own data, and so have no groups of languages."""


def is_perturbation(test_set: str) -> bool:
    """Return whether a test set is a perturbed one."""
    return test_set.startswith("in-")


def grouping(perturbation: str) -> str | None:
    """Return the property that the languages of a cross-language pool share, the script of `in-script`; else None."""
    return None if perturbation in OF_ITSELF else perturbation.removeprefix("in-")


def perturbations_among(test_sets: Iterable[str]) -> list[str]:
    """Return the perturbed ones of some test sets, each once: the paper's in its order, then the others by name."""
    own = set(filter(is_perturbation, test_sets))
    return [*(name for name in PERTURBATIONS if name in own), *sorted(own.difference(PERTURBATIONS))]


F1_TABLES: dict[int, tuple[str, str, str]] = {
    2: (MULTILINGUAL, REGULAR, "partial"),
    3: (MULTILINGUAL, REGULAR, "full"),
    4: (MULTILINGUAL, IN_LANGUAGE, "partial"),
    5: (MULTILINGUAL, IN_LANGUAGE, "full"),
    6: (MONOLINGUAL, REGULAR, "partial"),
    7: (MONOLINGUAL, REGULAR, "full"),
    8: (MONOLINGUAL, IN_LANGUAGE, "partial"),
    9: (MONOLINGUAL, IN_LANGUAGE, "full"),
}
"""Setting, test set and scope of tables 2-9, in the paper's order."""


DENSE = "dense"

INT8 = "int8"
"""What stands at the end of a variant whose models are quantised after training, and computed with whole numbers."""

DENSE_INT8 = f"{DENSE}-{INT8}"


def variant_names(scopes: Iterable[str], sparsities: Iterable[int]) -> list[str]:
    """Return the variants of a study: the dense one once, and each scope at each sparsity."""
    sparsities = sorted(sparsities)
    return [DENSE] + [variant_name(scope, sparsity) for scope in scopes for sparsity in sparsities]


def variant_name(scope: str, sparsity: int) -> str:
    """Return the name of a variant: "partial-50", "partial-50-random"; the inverse of `parse_variant`.

    sparsity: percent, 0 for the dense one, whatever the scope; that of a scope of quantised models is DENSE_INT8.
    """
    if not sparsity:
        return dense_scope(scope) or DENSE
    return "-".join(filter(None, [matrices_of(scope), str(sparsity), scope.partition("-")[2]]))


def parse_variant(variant: str) -> tuple[str, int]:
    """Return the scope and sparsity (percent) of a variant: ("", 0) for the dense one, ("partial-random", 50).

    The scope of a method other than gradual magnitude pruning has its name at the end, so that all statistics take it
    for one more line, beside that of the same matrices pruned by magnitude. That of DENSE_INT8 is its own name.
    """
    if variant in (DENSE, DENSE_INT8):
        return variant.removeprefix(DENSE) and variant, 0
    matrices, sparsity, *method = variant.split("-", 2)
    return "-".join([matrices, *method]), int(sparsity)


def matrices_of(scope: str) -> str:
    """Return which matrices a scope prunes, by whatever method: "partial" of "partial-random"; "" of dense models."""
    return "" if scope == DENSE_INT8 else scope.partition("-")[0]


def method_of(scope: str) -> str:
    """Return the method of a scope: "random" of "partial-random", MAGNITUDE of "partial"; "" of the dense model.

    Of models in int8 it is INT8, with the pruning method before it, if that has a name: "random-int8".
    """
    return scope.partition("-")[2] or (MAGNITUDE if scope else "")


def is_quantised(scope: str) -> bool:
    """Return whether the models of a scope are in int8: DENSE_INT8, "partial-int8", "partial-random-int8"."""
    return scope.endswith(f"-{INT8}")


def dense_scope(scope: str) -> str:
    """Return the scope of the dense models that a line of pruned ones begins with: DENSE_INT8 of "partial-int8"."""
    return DENSE_INT8 if is_quantised(scope) else ""


def trained_scope(scope: str) -> str:
    """Return the scope of the models that those of a scope have in int8, "" of DENSE_INT8; else itself."""
    return "" if scope == DENSE_INT8 else scope.removesuffix(f"-{INT8}")


def unquantised(variant: str) -> str:
    """Return the variant whose models a variant has in int8: "partial-50" of "partial-50-int8"; else itself."""
    return variant.removesuffix(f"-{INT8}")


MAGNITUDE = "magnitude"
"""Gradual magnitude pruning, the paper's method, which has no name of its own in a variant."""


SETTINGS = (MONOLINGUAL, MULTILINGUAL)


OUTSIDE = "O"
"""The tag of words outside of mentions."""

Types = tuple[str, ...]
"""Entity types, in the order of their label ids."""

TYPES: Types = ("PER", "ORG", "LOC")
"""The paper's, in the order in which the Hub data set `unimelb-nlp/wikiann` numbers its tags."""


SCOPES = ("partial", "full")
"""The paper's. Its tables, figures and claims are about these, pruned by magnitude, and dense models."""

ALL_SCOPES = (*SCOPES, "embeddings")
"""The linear layers of the encoder; those and its embeddings; its embeddings alone."""


def ordered_scopes(scopes: Iterable[str]) -> list[str]:
    """Return scopes of pruned models, each once: ALL_SCOPES, by magnitude, and then those of other methods by name."""
    found = set(scopes)
    own = [scope for scope in ALL_SCOPES if scope in found]
    return [*own, *sorted(found.difference(own))]


OF_THE_PAPER = ("", *SCOPES)
"""The scopes, as statistics have them, that the paper has models of: the dense model is of none."""


class Provenance(NamedTuple):
    """What a table or figure says of where its numbers come from.

    study: its name.
    demo: whether its text is synthetic, so that no number means anything.
    encoder: its name, None where no model is behind the numbers.
    """

    study: str
    demo: bool
    encoder: str | None = None

    def __str__(self) -> str:
        """Return it as part of a sentence: "Study paper, encoder google-bert/bert-base-multilingual-cased"."""
        encoder = f", encoder {self.encoder}" if self.encoder else ""
        return f"Study {self.study}{encoder}{', demo on synthetic text' if self.demo else ''}"

    @property
    def in_title(self) -> str:
        """What a title ends with: " (demo on synthetic text)" for a demo, else nothing."""
        return " (demo on synthetic text)" if self.demo else ""


class Run(NamedTuple):
    """A fine-tuned model: its training set (a language, or `multilingual`), variant and seed."""

    training_set: str
    variant: str
    seed: int

    def __str__(self) -> str:
        """Return the run's name, which is also its folder: "yo/partial-50/seed-1"."""
        return f"{self.training_set}/{self.variant}/seed-{self.seed}"

    @property
    def setting(self) -> str:
        """`multilingual` or `monolingual`."""
        return MULTILINGUAL if self.training_set == MULTILINGUAL else MONOLINGUAL

    @property
    def scope(self) -> str:
        """`partial` or `full`, "" for a dense model; of another method with its name, `partial-random`; DENSE_INT8."""
        return parse_variant(self.variant)[0]

    @property
    def matrices(self) -> str:
        """Which matrices are pruned, one of ALL_SCOPES; "" for a dense model."""
        return matrices_of(self.scope)

    @property
    def quantised(self) -> bool:
        """Whether it is no model of its own, but the trained one of another variant in int8."""
        return is_quantised(self.scope)

    @property
    def method(self) -> str:
        """A key of `study.methods.METHODS`: how they are pruned, and whether they are in int8; "" for a dense model."""
        return method_of(self.scope)

    @property
    def sparsity(self) -> int:
        """Percent, 0 for a dense model."""
        return parse_variant(self.variant)[1]


class Cell(NamedTuple):
    """What an F1 is of, but for its language: the models' setting, scope and sparsity, and the test set.

    sparsity: percent; 0 is the dense model, in every scope, which may be "" there: that in int8 in a scope of such.
    """

    setting: str
    test_set: str
    scope: str
    sparsity: int

    def __str__(self) -> str:
        """Return it as part of a sentence: "monolingual partial-50 models on regular"."""
        return f"{self.setting} {variant_name(self.scope, self.sparsity)} models on {self.test_set}"

    @property
    def key(self) -> "Cell":
        """The cell as scores have it: a dense model is of no scope, one in int8 of DENSE_INT8."""
        return self if self.sparsity else self._replace(scope=dense_scope(self.scope))

    @property
    def line(self) -> tuple[str, str, str]:
        """What a row of a table or a line of a figure shows: setting, test set and scope."""
        return self[:3]
