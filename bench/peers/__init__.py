"""Other people's servers, each in a virtual environment of its own, started as the service is."""
