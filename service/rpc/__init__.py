"""The gRPC transport. The generated modules come from service/llm_service.proto (`make proto`)."""
