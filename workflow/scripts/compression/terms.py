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
