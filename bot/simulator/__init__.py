"""The five gateways as local doubles, and webhooks signed as theirs. For the CLI and the tests only."""
