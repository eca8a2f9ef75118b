"""What validation claims, held against planted truth."""
