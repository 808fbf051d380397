"""The API's document, OpenAPI 3.1, made of the routes and of the types that they take and give."""
