"""The HTTP edge: requests, answers, problem details, token claims, the OpenAPI document."""
