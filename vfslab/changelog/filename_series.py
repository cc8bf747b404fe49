"""The 68 commits of pull-filename (merge 26c9342bb761) in their order: commit and title.

Which of them belong together, and what they did, is in the other modules named after it. Their date is
that of the last posting of the series, 2026-01-14: the days on which they were written are not known here.
"""

from __future__ import annotations

PULL = "pull-filename (merge 26c9342bb761, 2026-02-10)"
DATE = "2026-01"
RELEASES = ("7.0-rc1",)

_LISTED = """
4bfe0692d698 init_mknod(): turn into a trivial wrapper for do_mknodat()
b0f27ace0812 init_mkdir(): turn into a trivial wrapper for do_mkdirat()
8714a249da48 init_symlink(): turn into a trivial wrapper for do_symlinkat()
12b5bc2a0d33 init_link(): turn into a trivial wrapper for do_linkat()
24df85ffb971 allow to use CLASS() for struct filename *
0cf1149673da do_faccessat(): import pathname only once
67591df968f4 do_fchmodat(): import pathname only once
2e2d892fe9b7 do_fchownat(): import pathname only once
b756d8ba8310 do_utimes_path(): import pathname only once
592ab7fbb83f chdir(2): import pathname only once
c3fa2b7cf5dd chroot(2): import pathname only once
85a4fe3c99a7 user_statfs(): import pathname only once
cf6b819c229a do_sys_truncate(): import pathname only once
1ee5220eb364 do_readlinkat(): import pathname only once
41670a5900a8 get rid of audit_reusename()
ca2a04e84af7 ntfs: ->d_compare() must not block
8ba29c85e2ef getname_flags() massage, part 1
8f2ac8481731 getname_flags() massage, part 2
c3a3577cdb35 struct filename: use names_cachep only for getname() and friends
8c888b31903c struct filename: saner handling of long names
7ca83f8ebe86 fs: hide names_cache behind runtime const machinery
a9900a27dfe5 switch __getname_maybe_null() to CLASS(filename_flags)
9fa3ec84587c allow incomplete imports of filenames
741c97fecb6a struct filename ->refcnt doesn't need to be atomic
58a49cc9ebb1 file_getattr(): filename_lookup() accepts ERR_PTR() as filename
def2a02a4cdc file_setattr(): filename_lookup() accepts ERR_PTR() as filename
1c38f1f9b0a6 move_mount(): filename_lookup() accepts ERR_PTR() as filename
edefe6bda719 ksmbd_vfs_path_lookup(): vfs_path_parent_lookup() accepts ERR_PTR() as name
ba33ac100d3f ksmbd_vfs_rename(): vfs_path_parent_lookup() accepts ERR_PTR() as name
2e2d64aea5c5 do_filp_open(): DTRT when getting ERR_PTR() as pathname
541003b576c3 rename do_filp_open() to do_file_open()
151e3257d619 do_sys_openat2(): get rid of useless check, switch to CLASS(filename)
47b3b9bf93ec simplify the callers of file_open_name()
2c941f26c6ab simplify the callers of do_open_execat()
bb850584aaa2 simplify the callers of alloc_bprm()
88b33614f9ca execve: fold {compat_,}do_execve{,at}() into their sole callers
194c760b6acd do_execveat_common(): don't consume filename reference
0697b4f40069 switch {alloc,free}_bprm() to CLASS()
e6d50234ccb9 non-consuming variant of do_renameat2()
037193b0ae83 non-consuming variant of do_linkat()
da72b76aaeaa non-consuming variant of do_symlinkat()
dc912db15ab1 non-consuming variant of do_mkdirat()
88fdc2761797 non-consuming variant of do_mknodat()
e50aae1d39ac non-consuming variants of do_{unlinkat,rmdir}()
5b9d406ff7cf filename_...xattr(): don't consume filename reference
70772cafff8b file_[gs]etattr(2): switch to CLASS(filename_maybe_null)
57cd2072bda9 mount_setattr(2): don't mess with LOOKUP_EMPTY
819cb2c1dd8d do_open_execat(): don't care about LOOKUP_EMPTY
b79b3c1f6613 vfs_open_tree(): use CLASS(filename_uflags)
154ef7dce6a4 name_to_handle_at(): use CLASS(filename_uflags)
7f583ad97c6a fspick(2): use CLASS(filename_flags)
f770e4c1a488 do_fchownat(): unspaghettify a bit...
4e9654c2bb46 chdir(2): unspaghettify a bit...
7273ed4e780c do_utimes_path(): switch to CLASS(filename_uflags)
97ed55d2f503 do_sys_truncate(): switch to CLASS(filename)
d4ffeabea744 do_readlinkat(): switch to CLASS(filename_flags)
33b54bc79989 do_f{chmod,chown,access}at(): use CLASS(filename_uflags)
e9817d5b8c32 namei.c: convert getname_kernel() callers to CLASS(filename_kernel)
904f58b50711 namei.c: switch user pathname imports to CLASS(filename{,_flags})
cbe9e300a2c1 move_mount(2): switch to CLASS(filename_maybe_null)
57483461e19c chroot(2): switch to CLASS(filename)
ef7282e84934 quotactl_block(): switch to CLASS(filename)
a4503461fb6b statx: switch to CLASS(filename_maybe_null)
a0c3d1f3de37 user_statfs(): switch to CLASS(filename)
abb0434496c4 mqueue: switch to CLASS(filename)
39537a335a61 ksmbd: use CLASS(filename_kernel)
9b323d2f4740 alpha: switch osf_mount() to strndup_user()
0787a93baa1a sysfs(2): fs_index() argument is _not_ a pathname
"""

SERIES: dict[str, str] = dict(line.split(" ", 1) for line in _LISTED.strip().splitlines())


def commits(first: str, last: str = "") -> tuple[tuple[str, str], ...]:
    """The commits from one to another with their titles; without the other, that one. Raises ValueError."""
    listed = list(SERIES.items())
    order = list(SERIES)
    return tuple(listed[order.index(first) : order.index(last or first) + 1])
