"""ECS's control plane as far as moto lacks it: tasks, events, deployments, targets, task logs."""
