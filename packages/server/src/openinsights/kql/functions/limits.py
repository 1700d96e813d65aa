"""How large values may be that a query computes; no call of a function takes longer than these do."""

from __future__ import annotations

from typing import Final

MAX_ELEMENTS: Final = 1_048_576
"""Elements of an array that is made; what would have more is cut or null."""
MAX_CHARACTERS: Final = 1_048_576
"""Characters of a text that is made longer than what it is made of."""
MAX_JOINED: Final = 262_144
"""Characters of what strcat makes of texts of each row."""
LARGE: Final = 65_536
"""Characters of a text that the engine asks for room for before it makes it."""
MAX_RESULT: Final = 16 * 1_048_576
"""Characters of what a function written in Python gives; what would be longer is null."""
MAX_REPEATS: Final = 1_024
"""How often strrep repeats."""
MAX_PERIODS: Final = 4_096
"""How many periods of a series are looked for at once."""
MAX_WORK: Final = 20_000_000
"""Steps of a function that compares each part of a value with each of another."""
MAX_GATHERED: Final = 4 * MAX_RESULT
"""Characters of all values of a group that a function written in Python takes at once."""
FEW_GATHERED: Final = 65_536
"""Values of a group that such a function takes as they are; of more it takes each once."""
