"""Building blocks for small mechanisms: one idea each, none knows of any change."""
