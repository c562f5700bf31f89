"""What an operating system's refusal means for a device."""

from __future__ import annotations

import errno

from drivers.base import DeviceBusy, DeviceForbidden, DeviceMissing, DriverError


def device_failure(path: str, error: OSError) -> DriverError:
    """Return the DriverError of a failed open, read or ioctl of a device's path."""
    reason = f"{path}: {error.strerror or error}"
    # A lock that another process holds shows as EAGAIN, an exclusive terminal or a grab as EBUSY.
    if error.errno in (errno.EBUSY, errno.EAGAIN):
        return DeviceBusy(f"{reason}; another process holds it")
    if error.errno in (errno.EACCES, errno.EPERM):
        return DeviceForbidden(f"{reason}; the udev rule is missing or has not run yet")
    return DeviceMissing(reason)
