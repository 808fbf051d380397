"""Turns a stage's settings into CloudFormation. It meets `service` in `container_env` only."""
