"""Reading mlgate.yaml for a command: the file is opened here, its text is judged by ``mlgate.config``."""

from __future__ import annotations

from pathlib import Path

from mlgate.errors import ConfigError
from mlgate.records.settings import Settings

__all__ = ["load_settings"]


def load_settings(config: str) -> Settings:
    """The checked settings of one mlgate.yaml.

    Raises
    ------
    ConfigError
        The file is missing, unreadable, or has problems (all of them are listed).
    """
    from mlgate.config import parse
    from mlgate.metrics import METRICS
    from mlgate.oddities import ODDITIES

    path = Path(config)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(
            f"{config}: there is no such file; run from the folder of mlgate.yaml or give --config."
        ) from None
    except (OSError, UnicodeDecodeError) as problem:
        raise ConfigError(f"{config}: cannot be read ({problem}); it must be a text file in UTF-8.") from None
    return parse(
        text,
        source=config,
        root=path.resolve().parent,
        known_metrics=tuple(metric.name for metric in METRICS),
        known_oddities=tuple(oddity.name for oddity in ODDITIES),
        undirected_metrics=tuple(metric.name for metric in METRICS if metric.greater_is_better is None),
    )
