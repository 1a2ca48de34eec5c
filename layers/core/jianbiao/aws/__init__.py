"""Adapters to AWS: the only code that knows boto3. Foreign errors are translated where they enter."""
