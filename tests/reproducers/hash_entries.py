"""b29a0a37f46b, 63ad216fbfe2, kstrtoul for dhash_entries and ihash_entries: what did the kernel make of them?

It takes a machine booted with these words; both hash tables are in the kernel's log.
"""

from mounts import boot_words, report

report(boot_words({"dhash_entries": "Dentry cache", "ihash_entries": "Inode-cache"}))
