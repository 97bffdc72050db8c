"""The application: settings, wiring, the CLI, the producers' console, rehearsals."""
