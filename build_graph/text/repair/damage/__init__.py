"""The repair of characters that a scraper tore or shifted, proved by simulating the damage."""
