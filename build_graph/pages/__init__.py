"""Pages for a browser: one file each, which asks for nothing else and lets nothing else run."""
