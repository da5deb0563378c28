"""The nouns of mlgate: frozen records and the few fixed vocabularies. Nothing here computes a statistic.

words      Verdict, Level, Rule, Section, ApprovalState
rows       Batch
run        Run, Requirement, GapRequirement, Grouping, Condition
evidence   Estimate, Spread, Evidence, Observation
decision   Finding, Exhibit, Approval, Provenance, Decision
settings   Settings and its parts: one mlgate.yaml, read and checked
codec      records to JSON and back
"""
