"""The outside: files, model processes, registry, suites, services, ledgers. Effects are only here and in promotion."""
