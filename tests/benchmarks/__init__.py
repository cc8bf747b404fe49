"""What things cost against each other, as ratios that were measured in one run: see ``__main__``."""
