"""The outside: files, model processes, registry, suites, services, ledgers. Effects are only here and in promotion.

``rows`` brings tables in; ``batches`` makes of them what the engine compares, and ``data_checks``, ``model_checks`` and
``logs`` what the checks look at; ``models`` runs models in processes of their own, ``expectations`` runs data
suites and ``pytest_suites`` a team's tests. What serves several of them lies here: processes, arrays and hashes, and
the registry. Folders import in one direction, which the project file states and a test checks.
"""
