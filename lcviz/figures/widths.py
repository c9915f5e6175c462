"""How wide a saved figure is: the columns of a journal.

They are Springer's, of its large pages (84 and 174 mm). The columns of IEEE (89 and 182), Nature
(89 and 183) and Elsevier (90 and 190) are a little wider: there the figure fits unscaled.
"""

from typing import Final

COLUMN_MM: Final = 84.0
"""Over one column, mm."""
PAGE_MM: Final = 174.0
"""Over two."""
