"""The socket through which verbs ask a runner that is up: its words, our side and theirs."""
