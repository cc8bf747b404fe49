"""249013e673fc, the unused helper: does the kernel know the function that took its place, and the helper?"""

from mounts import report

NAMES = ("fserror_report", "fsnotify_sb_error")

with open("/proc/kallsyms", encoding="utf-8") as file:
    known = {line.split()[2] for line in file}
report({name: name in known for name in NAMES})
