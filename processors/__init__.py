"""From entries to enriched articles: one pure step a file."""

import os

# An article's matrices are small: BLAS threads cost more than they give, and the workers fill the cores already. It
# must be said before numpy is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
