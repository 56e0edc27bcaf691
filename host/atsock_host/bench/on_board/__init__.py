"""Files that an interpreter runs by their path, without this package around them: they import each other by plain names."""
