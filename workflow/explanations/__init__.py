"""What is told about procedures, as data beside them: words for what happened, causes, errors, prohibitions."""
