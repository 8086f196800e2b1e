"""What the fork server of `rasid poll` imports before it forks: what reads the texts of pages."""

from __future__ import annotations

import signal

import ingest.fulltext  # noqa: F401 - loaded once, for all children

# The parent process decides when workers end, also when a signal goes to the whole group.
signal.signal(signal.SIGTERM, signal.SIG_IGN)
