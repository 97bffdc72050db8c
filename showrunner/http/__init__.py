"""The HTTP door: routes, problems, pages."""
