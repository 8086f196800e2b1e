"""From entries to enriched articles: one pure step a file."""
