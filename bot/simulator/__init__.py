"""The five gateways as local doubles, and webhooks signed as theirs: for CLI and tests only."""
