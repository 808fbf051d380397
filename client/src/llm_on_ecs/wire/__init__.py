"""The messages of the gRPC API, generated from service/llm_service.proto (`make proto`)."""
