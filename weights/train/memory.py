"""Keeps freed memory in the process. PyTorch asks the C library for every intermediate result; glibc maps the large ones afresh
each time, and the kernel's zeroing of their pages costs more than the arithmetic on a CPU."""
import ctypes

TRIM_THRESHOLD, MMAP_MAX = -1, -4  # of <malloc.h>


def keep():
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):  # glibc; elsewhere it only takes longer
        libc.mallopt(MMAP_MAX, 0)
        libc.mallopt(TRIM_THRESHOLD, 2**31 - 1)
