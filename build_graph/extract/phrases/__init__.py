"""The words of a sentence: its phrases, cue words, days and quantities."""
