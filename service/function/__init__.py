"""The service as a Lambda function: the same REST API, one request at a time, whole answers."""
