"""The words of error messages: what an errno means, and how a path is quoted.

Errno texts are those of glibc, the same on every machine. Quoting is that of
GNU coreutils in a UTF-8 locale (gnulib's quotearg), so a message that holds a
hostile path is still one line, and what is quoted can be pasted into a shell.
"""

from __future__ import annotations

import re
import unicodedata

_ERRNO_TEXTS = {
    "E2BIG": "Argument list too long",
    "EACCES": "Permission denied",
    "EAGAIN": "Resource temporarily unavailable",
    "EBADF": "Bad file descriptor",
    "EBUSY": "Device or resource busy",
    "EEXIST": "File exists",
    "EFAULT": "Bad address",
    "EFBIG": "File too large",
    "EINVAL": "Invalid argument",
    "EIO": "Input/output error",
    "EISDIR": "Is a directory",
    "ELOOP": "Too many levels of symbolic links",
    "EMFILE": "Too many open files",
    "EMLINK": "Too many links",
    "ENAMETOOLONG": "File name too long",
    "ENFILE": "Too many open files in system",
    "ENODATA": "No data available",
    "ENODEV": "No such device",
    "ENOENT": "No such file or directory",
    "ENOMEM": "Cannot allocate memory",
    "ENOSPC": "No space left on device",
    "ENOSYS": "Function not implemented",
    "ENOTBLK": "Block device required",
    "ENOTDIR": "Not a directory",
    "ENOTEMPTY": "Directory not empty",
    "ENOTTY": "Inappropriate ioctl for device",
    "ENXIO": "No such device or address",
    "EOPNOTSUPP": "Operation not supported",
    "EOVERFLOW": "Value too large for defined data type",
    "EPERM": "Operation not permitted",
    "EROFS": "Read-only file system",
    "ESRCH": "No such process",
    "ESTALE": "Stale file handle",
    "EUSERS": "Too many users",
    "EXDEV": "Invalid cross-device link",
}
_C_ESCAPES = {7: "\\a", 8: "\\b", 9: "\\t", 10: "\\n", 11: "\\v", 12: "\\f", 13: "\\r"}
_SAFE_IN_DOUBLE_QUOTES = re.compile(r"[#~]?[^!\"$&()*;<=>?\[\\^`{|}#~]*")
_SAFE_BARE = re.compile(r"(?![#~])[^ !\"$&'()*:;<=>?\[\\^`|]+")


def strerror(errno: str | None) -> str:
    """The text for an errno's name, as strerror(3) of glibc gives it."""
    return _ERRNO_TEXTS.get(errno or "", f"Unknown error {errno}")


def printable(char: str) -> bool:
    """Whether iswprint(3) in a UTF-8 locale holds for ``char``."""
    return unicodedata.category(char) not in ("Cc", "Cs", "Cn", "Zl", "Zp")


def _escape(char: str) -> str:
    if escape := _C_ESCAPES.get(ord(char)):
        return escape
    return "".join(f"\\{byte:03o}" for byte in char.encode("utf-8", "surrogateescape"))


def quoteaf(name: str) -> str:
    """``name`` quoted for a shell, always: 'a b', "it's", 'x'$'\n''y'."""
    if "'" in name and _SAFE_IN_DOUBLE_QUOTES.fullmatch(name) and all(map(printable, name)):
        return f'"{name}"'
    quoted, escaping = "'", False
    for char in name:
        if char == "'":
            quoted, escaping = quoted + r"'\''", False
        elif printable(char):
            quoted, escaping = quoted + ("''" if escaping else "") + char, False
        else:
            quoted, escaping = quoted + ("" if escaping else "'$'") + _escape(char), True
    return quoted + "'"


def quotef(name: str) -> str:
    """``name`` quoted for a shell where it has to be, or where it holds a colon."""
    if _SAFE_BARE.fullmatch(name) and name not in ("{", "}") and all(map(printable, name)):
        return name
    return quoteaf(name)


def quote(name: str) -> str:
    """``name`` between the quotation marks of a UTF-8 locale: ‘a b’."""
    escaped = (f"\\{char}" if char in "\\’" else char if printable(char) else _escape(char) for char in name)
    return f"‘{''.join(escaped)}’"


def visible(text: str) -> str:
    """``text`` with "?" for every character that does not print, as mount(8) shows a mountpoint."""
    return "".join(char if printable(char) else "?" for char in text)
