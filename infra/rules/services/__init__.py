"""Rules about ECS services."""
