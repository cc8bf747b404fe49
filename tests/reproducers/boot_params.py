"""3f320e5c2eca, kstrtoul for mhash_entries: what did the kernel make of the sizes that it was booted with?

It takes a machine booted with mhash_entries= and mphash_entries=; both hash tables are in the kernel's log.
"""

from mounts import boot_words, report

report(boot_words({"mhash_entries": "Mount-cache", "mphash_entries": "Mountpoint-cache"}))
