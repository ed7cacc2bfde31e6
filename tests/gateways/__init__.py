"""What every gateway promises, and what each of them knows alone."""
