"""What an update does to those who use a stage: graded, and refused where it loses something."""
