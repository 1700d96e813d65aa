"""Hides what only POSIX systems have, then runs a program: without_posix.py PROGRAM ARGUMENTS.

What is left is what Python offers on Windows: no fork, no fcntl, no users, names that must not hold
a colon, a rename that never replaces, a memory map without flags.
"""

import mmap
import os
import runpy
import signal
import socket
import sys

# It is another library on each system, and takes what its own system has.
import psutil  # noqa: F401

MODULES = ("fcntl", "resource", "pwd", "grp", "termios", "tty", "pty", "syslog")
FUNCTIONS = [
    "fork",
    "forkpty",
    "register_at_fork",
    "getuid",
    "geteuid",
    "getgid",
    "getegid",
    "getgroups",
    "getlogin_r",
    "getpgid",
    "getpgrp",
    "getpriority",
    "getresuid",
    "getresgid",
    "getsid",
    "setuid",
    "setgid",
    "setsid",
    "setpgid",
    "nice",
    "uname",
    "wait",
    "wait3",
    "wait4",
    "waitid",
    "killpg",
    "chown",
    "fchown",
    "lchown",
    "fchmod",
    "fchdir",
    "chroot",
    "fdatasync",
    "lockf",
    "pread",
    "preadv",
    "pwrite",
    "pwritev",
    "posix_fadvise",
    "posix_fallocate",
    "posix_spawn",
    "posix_spawnp",
    "sendfile",
    "fstatvfs",
    "sync",
    "mkfifo",
    "mknod",
    "confstr",
    "sched_setaffinity",
    "sched_yield",
    "memfd_create",
    "eventfd",
    "pipe2",
    "openpty",
    "ctermid",
    "getxattr",
    "setxattr",
    "listxattr",
    "removexattr",
    "O_NOFOLLOW",
    "O_CLOEXEC",
    "O_NONBLOCK",
    "O_DIRECTORY",
    "O_SYNC",
    "O_DSYNC",
]
SIGNALS = [
    "SIGALRM",
    "SIGHUP",
    "SIGKILL",
    "SIGQUIT",
    "SIGUSR1",
    "SIGUSR2",
    "SIGCHLD",
    "SIGPIPE",
    "alarm",
    "setitimer",
    "getitimer",
    "pthread_sigmask",
    "pthread_kill",
    "sigwait",
    "sigpending",
    "siginterrupt",
]
FORBIDDEN_IN_NAMES = '<>:"|?*'


def check(path):
    assert not set(os.path.basename(os.fspath(path))) & set(FORBIDDEN_IN_NAMES), path


def hide(module, names):
    for name in names:
        if hasattr(module, name):
            delattr(module, name)


def refuse_to_replace(rename):
    def rename_as_windows_does(source, target, **options):
        check(target)
        if os.path.exists(target):
            raise FileExistsError(17, "it exists", os.fspath(target))
        return rename(source, target, **options)

    return rename_as_windows_does


class WindowsMap(mmap.mmap):
    """A memory map that takes the arguments that Windows has."""

    def __new__(cls, fileno, length, tagname=None, access=mmap.ACCESS_DEFAULT, offset=0):
        return super().__new__(cls, fileno, length, access=access, offset=offset)


if __name__ == "__main__":
    for name in MODULES:
        sys.modules[name] = None
    hide(os, FUNCTIONS)
    hide(signal, SIGNALS)
    hide(socket, ["AF_UNIX", "SO_REUSEPORT"])
    os.rename = refuse_to_replace(os.rename)
    mmap.mmap = WindowsMap
    program, *arguments = sys.argv[1:]
    sys.argv = [program, *arguments]
    runpy.run_path(program, run_name="__main__")
