"""
The exit codes that systemd has names for.

Source: systemd.exec(5), "Process Exit Codes"; `systemd-analyze exit-status` lists them.
"""

from __future__ import annotations

from collections.abc import Iterator

_OF_LIBC_AND_LSB = """
    SUCCESS FAILURE INVALIDARGUMENT NOTIMPLEMENTED NOPERMISSION NOTINSTALLED NOTCONFIGURED
    NOTRUNNING
""".split()  # noqa: SIM905  # these are read as what they are
_OF_SYSEXITS = """
    USAGE DATAERR NOINPUT NOUSER NOHOST UNAVAILABLE SOFTWARE OSERR OSFILE CANTCREAT IOERR
    TEMPFAIL PROTOCOL NOPERM CONFIG
""".split()  # noqa: SIM905
_OF_SYSTEMD = """
    CHDIR NICE FDS EXEC MEMORY LIMITS OOM_ADJUST SIGNAL_MASK STDIN STDOUT CHROOT IOPRIO
    TIMERSLACK SECUREBITS SETSCHEDULER CPUAFFINITY GROUP USER CAPABILITIES CGROUP SETSID
    CONFIRM STDERR - PAM NETWORK NAMESPACE NO_NEW_PRIVILEGES SECCOMP SELINUX_CONTEXT
    PERSONALITY APPARMOR ADDRESS_FAMILIES RUNTIME_DIRECTORY - CHOWN SMACK_PROCESS_LABEL
    KEYRING STATE_DIRECTORY CACHE_DIRECTORY LOGS_DIRECTORY CONFIGURATION_DIRECTORY NUMA_POLICY
    CREDENTIALS BPF
""".split()  # noqa: SIM905
EXIT_CODES = {
    **{name: code for code, name in enumerate(_OF_LIBC_AND_LSB)},
    **{name: code for code, name in enumerate(_OF_SYSEXITS, 64)},
    **{name: code for code, name in enumerate(_OF_SYSTEMD, 200) if name != "-"},
    "EXCEPTION": 255,
}


def exit_codes(text: str) -> Iterator[int | str]:
    """Yield the exit codes that a list names, as numbers, and its other words, such as signals."""
    for word in text.split():
        if word in EXIT_CODES:
            yield EXIT_CODES[word]
        elif word.isascii() and word.isdigit() and int(word) <= 255:
            yield int(word)
        else:
            yield word
