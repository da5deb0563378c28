"""The second program: it reads a finished decision and nothing else, and moves the champion.

contract   what promotion needs from outside: a registry; and the answer of every command
statement  the in-toto statement that binds the files of a run, and its verification
ledger     append-only history with a hash chain
approve    approve, override, reject
promote    judge everything, then move the alias
rollback   bring a former champion back
"""
