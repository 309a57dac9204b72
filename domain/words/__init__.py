"""The words of an answer, language by language."""
