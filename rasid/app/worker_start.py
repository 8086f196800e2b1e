"""What the fork server imports before it forks workers: the models are loaded once and shared, not once a worker."""

from __future__ import annotations

import gc
import signal

from processors.enrich import warm

# The parent process decides when workers end, also when a signal goes to the whole group.
signal.signal(signal.SIGTERM, signal.SIG_IGN)
warm()
gc.freeze()  # what was loaded is never looked at by the collector again, so its pages stay shared
