"""The comments and declarations of ``kernel_docs``, before and after; own ones, with the kernel's names.

What is wrong with them is not known here.
"""

RIGHT = """
/**
 * ilookup5 - look for an inode by its number
 * @sb: where to look
 * @hashval: which chain of the hash table
 */
struct inode *ilookup5(struct super_block *sb, unsigned long hashval);

/**
 * end_dirop - give a directory back
 * @dentry: the name that was worked on
 */
void end_dirop(struct dentry *dentry);
"""
"""A file's other blocks, with which nothing is wrong."""


# --- one description too few


def iomap_readahead_of_two() -> str:
    """Two of three parameters."""
    return """
/**
 * iomap_readahead - begin to read what is going to be wanted
 * @ops: how the filesystem finds its blocks
 * @ctx: what is to be read
 */
void iomap_readahead(const struct iomap_ops *ops, struct iomap_read_folio_ctx *ctx, void *private);
"""


def iomap_readahead() -> str:
    """All three."""
    return """
/**
 * iomap_readahead - begin to read what is going to be wanted
 * @ops: how the filesystem finds its blocks
 * @ctx: what is to be read
 * @private: handed on to the filesystem as it is
 */
void iomap_readahead(const struct iomap_ops *ops, struct iomap_read_folio_ctx *ctx, void *private);
"""


def ilookup5_nowait_silent() -> str:
    """An answer more than is described."""
    return """
/**
 * ilookup5_nowait - look for an inode, without waiting for it
 * @sb: where to look
 * @hashval: which chain of the hash table
 */
struct inode *ilookup5_nowait(struct super_block *sb, unsigned long hashval, bool *isnew);
"""


def ilookup5_nowait() -> str:
    """All answers."""
    return """
/**
 * ilookup5_nowait - look for an inode, without waiting for it
 * @sb: where to look
 * @hashval: which chain of the hash table
 * @isnew: whether what was found was still being filled in
 */
struct inode *ilookup5_nowait(struct super_block *sb, unsigned long hashval, bool *isnew);
"""


# --- above the wrong function


def start_dirop_above_another() -> str:
    """A helper was put between a comment and its function."""
    return """
/**
 * start_dirop - take a directory and look a name up in it
 * @parent: the directory
 * @name: what to look for
 */
static struct dentry *__start_dirop(struct dentry *parent, struct qstr *name, int state);

struct dentry *start_dirop(struct dentry *parent, struct qstr *name);
"""


def start_dirop() -> str:
    """The comment stands where it belongs."""
    return """
static struct dentry *__start_dirop(struct dentry *parent, struct qstr *name, int state);

/**
 * start_dirop - take a directory and look a name up in it
 * @parent: the directory
 * @name: what to look for
 */
struct dentry *start_dirop(struct dentry *parent, struct qstr *name);
"""


# --- what does not come out as it was meant


def get_name_glued() -> str:
    """A constant with something behind it is no constant."""
    return """
/**
 * struct export_operations - how a filesystem is given to others
 * @get_name: find the name of an inode; there is room for %NAME_MAX+1 bytes
 */
struct export_operations {
	int (*get_name)(struct dentry *parent, char *name, struct dentry *child);
};
"""


def get_name() -> str:
    """The sum in words of its own."""
    return """
/**
 * struct export_operations - how a filesystem is given to others
 * @get_name: find the name of an inode; there is room for (NAME_MAX+1) bytes
 */
struct export_operations {
	int (*get_name)(struct dentry *parent, char *name, struct dentry *child);
};
"""


def members_unmarked() -> str:
    """Names that are nothing but words."""
    return """
/**
 * struct export_operations - how a filesystem is given to others
 *
 * encode_fh: write what finds an inode again
 *
 * get_parent: find the directory above
 */
struct export_operations {
	int (*encode_fh)(struct inode *inode, u32 *fh, int *max_len);
	struct dentry *(*get_parent)(struct dentry *child);
};
"""


def members_marked() -> str:
    """Names that are members."""
    return """
/**
 * struct export_operations - how a filesystem is given to others
 *
 * @encode_fh: write what finds an inode again
 *
 * @get_parent: find the directory above
 */
struct export_operations {
	int (*encode_fh)(struct inode *inode, u32 *fh, int *max_len);
	struct dentry *(*get_parent)(struct dentry *child);
};
"""


STRUCT = """
struct export_operations {
	int (*encode_fh)(struct inode *inode, u32 *fh, int *max_len, struct inode *parent);
	struct dentry *(*fh_to_dentry)(struct super_block *sb, struct fid *fid, int len, int type);
	int (*get_name)(struct dentry *parent, char *name, struct dentry *child);
	struct dentry *(*get_parent)(struct dentry *child);
	int (*commit_metadata)(struct inode *inode);
	int (*get_uuid)(struct super_block *sb, u8 *buf, u32 *len, u64 *offset);
	int (*map_blocks)(struct inode *inode, loff_t offset, u64 len, struct iomap *iomap);
	int (*commit_blocks)(struct inode *inode, struct iomap *iomaps, int count);
	int (*permission)(struct handle_to_path_ctx *ctx, unsigned int oflags);
	struct file *(*open)(const struct path *path, unsigned int oflags);
	unsigned long flags;
};
"""


def seven_members() -> str:
    """Seven of eleven."""
    return (
        """
/**
 * struct export_operations - how a filesystem is given to others
 * @encode_fh: write what finds an inode again
 * @fh_to_dentry: find it again
 * @get_name: find the name of an inode in a directory
 * @get_parent: find the directory above
 * @commit_metadata: see to it that an inode is on the disk
 * @permission: may it be opened by its handle?
 * @open: open it
 */"""
        + STRUCT
    )


def eleven_members() -> str:
    """All of them."""
    return (
        """
/**
 * struct export_operations - how a filesystem is given to others
 * @encode_fh: write what finds an inode again
 * @fh_to_dentry: find it again
 * @get_name: find the name of an inode in a directory
 * @get_parent: find the directory above
 * @commit_metadata: see to it that an inode is on the disk
 * @get_uuid: by what name clients know the disk
 * @map_blocks: where on the disk a stretch of a file lies
 * @commit_blocks: what a client has written there is valid now
 * @permission: may it be opened by its handle? Asked before anything is looked up
 * @open: open it, where a filesystem has its own way to do so
 * @flags: what the server has to know besides
 */"""
        + STRUCT
    )


# --- written twice


def exporting_rst_again() -> str:
    """The prose says what the comment says."""
    return """
A filesystem fills in a struct export_operations. These are its members:

encode_fh
    write what finds an inode again
fh_to_dentry
    find it again
get_name
    find the name of an inode in a directory
get_parent
    find the directory above
commit_metadata
    see to it that an inode is on the disk
"""


def exporting_rst() -> str:
    """The prose takes the comment in."""
    return """
A filesystem fills in a struct export_operations.

.. kernel-doc:: include/linux/exportfs.h
   :identifiers: struct export_operations
"""
