"""What is asked of the data themselves: settings of the data checks, one record for each kind of check.

Separate from ``settings.py`` because these records are handed to checks as they are, and each check knows only its own.
"""

from __future__ import annotations

__all__: list[str] = []
