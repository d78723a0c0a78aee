"""Reports as JSON, CSV, Markdown, terminal tables and plots."""
