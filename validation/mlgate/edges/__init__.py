"""The outside: files, model processes, registry, data suites, services, ledgers. Only here and in promotion are effects."""
