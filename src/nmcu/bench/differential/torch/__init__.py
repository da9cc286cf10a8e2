"""Random PyTorch networks: Python source that grows line by line, and what becomes of it in our training room."""
