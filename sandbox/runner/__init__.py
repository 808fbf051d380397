"""Runs the tasks that the sandbox's ECS asks for: agent, health checks and load balancer."""
