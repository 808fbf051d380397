"""Rules about load balancers and target groups."""
