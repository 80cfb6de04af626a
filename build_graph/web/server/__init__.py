"""A SPARQL endpoint and a workbench over HTTP, with limits on what a request may take."""
