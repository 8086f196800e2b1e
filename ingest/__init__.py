"""From feeds to entries: what to poll, when, how to fetch it and how to read it."""
