"""mlgate: the gate that every trained model passes before it reaches production.

A newly trained model (the challenger) is compared with the one in production (the champion) on the same rows. Every
comparison has an interval and a margin, and ends pass, fail or inconclusive:

    $ mlgate check --predictions scored.parquet --label y --champion old --challenger new --by sex
    $ mlgate run --challenger models:/loanapp/2      # all stages of mlgate.yaml
    $ mlgate approve reports/loanapp-v2 --by NAME --reason TEXT
    $ mlgate promote reports/loanapp-v2

The engine behind it is a straight line of functions over frozen records; ``gate.py`` shows it on one screen:

    from mlgate import gate
    outcome = gate.run(run, batches=batches)         # add_up -> compare -> judge
    verdict, reason = decide(outcome.findings, champion=True)
"""

__version__ = "0.1.0"
