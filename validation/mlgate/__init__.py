"""mlgate: the gate that every trained model passes before it reaches production."""

__version__ = "0.1.0"
