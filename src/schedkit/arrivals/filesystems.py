"""Whether the kernel tells what happens in a directory, or others change it unseen."""

from __future__ import annotations

import ctypes
import os

# Source: statfs(2) and linux/magic.h. Each has a server or other hosts that write to it, or a
# process that makes it up.
_SILENT = frozenset((
    0x00006969,  # NFS
    0x0000517B,  # SMB
    0x0000564C,  # NCP
    0x00C36400,  # Ceph
    0x01021997,  # 9P
    0x01161970,  # GFS2
    0x0BD00BD0,  # Lustre
    0x47504653,  # GPFS
    0x5346414F,  # AFS of OpenAFS
    0x65735546,  # FUSE, virtiofs
    0x6B414653,  # AFS of the kernel
    0x73757245,  # Coda
    0x7461636F,  # OCFS2
    0x786F4256,  # shared folders of VirtualBox
    0xAAD7AAEA,  # PanFS
    0xBACBACBC,  # shared folders of VMware
    0xFE534D42,  # SMB 2
    0xFF534D42,  # CIFS
))  # fmt: skip
_ROOM = 512  # bytes; a struct statfs has 120 at most


def tells(path: str) -> bool:
    """Return whether all that happens in this directory is told."""
    found = (ctypes.c_char * _ROOM)()
    if ctypes.CDLL(None).statfs(os.fsencode(path), found):
        return True  # not there: it is looked at again before that matters
    return ctypes.c_long.from_buffer(found).value & 0xFFFFFFFF not in _SILENT
