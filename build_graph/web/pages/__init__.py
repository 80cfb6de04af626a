"""The pages, one module for each: pages of a build, and pages of the workbench."""
