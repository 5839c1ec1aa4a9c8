"""What is said of the settings of a unit that a job has no key for."""

from __future__ import annotations

from fnmatch import fnmatchcase

from schedkit.interchange.telling import Telling
from schedkit.interchange.unit_files import Setting, Unit

_CONFINES = "it is not confined; run the runner itself under such settings"
_CGROUP = "a job has no control group of its own"
_INSTALLS = "a job is on as long as it stands in the file, unless it has enabled: false"
# By what is said, the names of settings; the first that matches counts.
_MESSAGES = {
    "it runs also where this does not hold": "Condition* Assert*",
    "nothing is started after it": "OnFailure* OnSuccess*",
    "a job waits for no unit": """
        After Before Wants Requires Requisite BindsTo PartOf Upholds Conflicts *MountsFor
        JoinsNamespaceOf
    """,
    _INSTALLS: "WantedBy RequiredBy UpheldBy Also Alias DefaultInstance",
    "retry says how often it is tried again": "StartLimit* Restart*",
    "put it at the end of the command": "ExecStop ExecStopPost",
    "nothing reloads a job": "ExecReload",
    "it runs at each of its times": "RemainAfterExit",
    "a timeout ends all that it started; what outlives it by itself goes on": "KillMode",
    "kill_grace after its stop_signal it is killed": """
        SendSIGKILL SendSIGHUP FinalKillSignal RestartKillSignal TimeoutAbortSec
        Timeout*FailureMode
    """,
    "what it writes is kept, see: sched logs JOB": """
        StandardOutput StandardError Syslog* LogLevelMax LogExtraFields LogRateLimit*
        LogNamespace LogFilterPatterns
    """,
    "its standard input is /dev/null": "StandardInput* TTY*",
    "make the directory, and set its variable in env": """
        StateDirectory* RuntimeDirectory* CacheDirectory* LogsDirectory* ConfigurationDirectory*
    """,
    "write env: {NAME: {from_file: PATH}}": """
        LoadCredential* SetCredential* ImportCredential
    """,
    "a job has the environment of the runner, too": "UnsetEnvironment",
    "write ionice before the command": "IOScheduling*",
    "write chrt or taskset before the command": "CPUScheduling* CPUAffinity NUMA*",
    "write choom before the command": "OOMScoreAdjust",
    "limits: {memory: 1 GiB} bounds the address space of each process": """
        MemoryMax MemoryHigh MemoryLimit MemorySwapMax
    """,
    "it has the groups that its user has": "SupplementaryGroups",
    "its user has to be there": "DynamicUser",
    _CONFINES: """
        Private* Protect* Restrict* ProcSubset ReadWritePaths ReadOnlyPaths InaccessiblePaths
        ExecPaths NoExecPaths BindPaths BindReadOnlyPaths TemporaryFileSystem SystemCall*
        Capability* AmbientCapabilities NoNewPrivileges SecureBits Root* LockPersonality Device*
        MemoryDenyWriteExecute IPAddress* IPIngress* IPEgress* RemoveIPC KeyringMode
        IPCNamespacePath NetworkNamespacePath Mount* Extension* SELinuxContext AppArmorProfile
        SmackProcessLabel PAMName SocketBind* BPFProgram
    """,
    "a job has no control group of its own": """
        CPU* IO* BlockIO* Memory* Tasks* Allowed* Startup* ManagedOOM* DisableControllers
        IPAccounting Slice Delegate* OOMPolicy
    """,
    "limits has memory, cpu_time, open_files and processes": """
        LimitFSIZE LimitDATA LimitSTACK LimitCORE LimitRSS LimitMEMLOCK LimitLOCKS
        LimitSIGPENDING LimitMSGQUEUE LimitNICE LimitRTPRIO LimitRTTIME
    """,
    "its process alone tells that it runs": """
        Watchdog* Notify* FileDescriptor* BusName PIDFile GuessMainPID Sockets
    """,
    "it says how systemd keeps the unit": """
        RefuseManual* StopWhenUnneeded AllowIsolate IgnoreOnIsolate DefaultDependencies
        CollectMode SourcePath SurviveFinalKillSignal
    """,
    "make the directory: it is waited for": "MakeDirectory DirectoryMode",
    "nothing bounds how often it starts": "TriggerLimit*",
    "start_deadline bounds how long it may wait": "Job*Timeout*",
}
_SAME = {  # what a job is anyway
    ("Install", "WantedBy", "timers.target"),
    ("Install", "WantedBy", "paths.target"),
    ("Service", "Type", "oneshot"),
    ("Service", "Type", "simple"),
    ("Service", "Type", "exec"),
}
_NO = ("no", "false", "off", "0")
_SECTIONS = ("Unit", "Service", "Timer", "Path", "Install")


def tell(unit: Unit, told: Telling) -> None:
    """Say of all settings that nobody asked for what becomes of them, those alike together."""
    alike: dict[str, list[Setting]] = {}
    for setting in unit.rest():
        if (setting.section, setting.name, setting.value) not in _SAME:
            said = _message(setting)
            if said != _CONFINES or setting.value not in _NO:
                alike.setdefault(said, []).append(setting)
    for said, settings in alike.items():
        text = " ; ".join(f"{one.name}={one.value}" for one in settings)
        name, _, value = text.partition("=")
        told.say(settings[0]._replace(name=name, value=value), said, taken=said == _INSTALLS)


def _message(setting: Setting) -> str:
    if setting.section not in _SECTIONS:
        return f"no timer, path or service has a section [{setting.section}]"
    for said, names in _MESSAGES.items():
        if any(fnmatchcase(setting.name, name) for name in names.split()):
            return said
    return "nothing here does that"
