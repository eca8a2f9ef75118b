"""The documentation: its examples run, its commands are real, its links lead somewhere, and what makes its pages."""
