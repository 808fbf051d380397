"""Rules about subnets, endpoints and security groups."""
