"""Published ways to guess group gains, built faithfully from their papers, to be compared with cotrain's own."""
