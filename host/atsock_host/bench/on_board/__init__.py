"""Files that an interpreter runs by their path, without this package around them: their imports are plain names."""
