"""The study's fixed words, as they stand in paths, tables and configs."""

MULTILINGUAL = "multilingual"
MONOLINGUAL = "monolingual"

DENSE = "dense"

VALIDATION = "validation"
REGULAR = "regular"
IN_LANGUAGE = "in-language"
IN_SCRIPT = "in-script"
IN_FAMILY = "in-family"
