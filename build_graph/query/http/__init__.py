"""HTTP: one client with bounded answers, credentials that stay with their server, and clear failures."""
