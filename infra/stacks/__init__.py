"""One stack for each reason of order or lifetime: images, network, what every release changes."""
