"""Rules about auto scaling and the metrics it follows."""
