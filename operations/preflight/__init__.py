"""Before a first deploy: would it work, what would it cost, what would stay behind."""
