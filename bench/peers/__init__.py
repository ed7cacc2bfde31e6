"""What Balas is compared with: the same bot as most people would write it first."""
