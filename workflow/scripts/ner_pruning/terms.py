"""The study's fixed words, as they stand in paths, tables and configs."""

MULTILINGUAL = "multilingual"
MONOLINGUAL = "monolingual"

VALIDATION = "validation"
REGULAR = "regular"
IN_LANGUAGE = "in-language"
IN_SCRIPT = "in-script"
IN_FAMILY = "in-family"

PERTURBATIONS = (IN_LANGUAGE, IN_SCRIPT, IN_FAMILY)
GROUPING = {IN_SCRIPT: "script", IN_FAMILY: "family"}
"""The property that the languages of a cross-language pool share."""

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
