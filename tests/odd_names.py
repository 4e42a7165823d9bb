"""Names that are odd but allowed: whatever a shell, make, Markdown, a pattern or an encoding could take for its own."""

CHECKOUT = 'a b\'s "x" & $HOME #1 [é] (y) <results> %41 `q` *?;|\\'
"""Without : and braces, which are refused in the name of a checkout."""

DATA = 'data\'s é "$HOME" & `x` #1 *?'
ENCODER = "an encoder [1]: <é>\\ ;|"
REFERENCE = "other's f1 & é.csv"
OVERLAY = 'it\'s "mine" & é.yaml'
REPORT = "the 'report' & é.html"
