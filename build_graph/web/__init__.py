"""The pages for a browser, and the server that sends them."""
