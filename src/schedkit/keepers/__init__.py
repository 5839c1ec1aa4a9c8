"""Our side of the keepers: runs jobs through them, and takes over from those of earlier runners."""

from schedkit.keepers.executor import KeeperExecutor

__all__ = ["KeeperExecutor"]
