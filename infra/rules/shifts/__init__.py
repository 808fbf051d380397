"""Rules about rollouts that shift traffic: blue/green, linear, canary."""
