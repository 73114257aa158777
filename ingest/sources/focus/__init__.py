"""FOCUS Cost and Usage exports, versions 1.0 to 1.4, as providers deliver them."""

from ingest.sources.focus.options import FocusOptions
from ingest.sources.focus.source import FocusSource

__all__ = ["FocusOptions", "FocusSource"]
