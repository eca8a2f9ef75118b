"""Forms of a group: what each leaves behind, and how it is asked for."""
