#include "slab.h"

struct room {
	int doors;
};

struct badge {
	struct room room;
};

struct {
	char lines[3][32];
} seen;

const char *usage = "room = kmalloc(sizeof(*room), GFP_KERNEL);";

void sums_alloc(unsigned int count)
{
	struct room *many, *padded, *roomy;

	many = kmalloc(count * sizeof(*many), GFP_KERNEL);
	padded = kmalloc(sizeof(*padded) + 16, GFP_KERNEL);
	roomy = kzalloc(max(sizeof(*roomy), 64), GFP_KERNEL);
}

void others_alloc(struct device *owner, struct room *old)
{
	struct room *near, *owned, *grown, *twin, *mapped;

	near = kmalloc_node(sizeof(*near), GFP_KERNEL, 0);
	owned = devm_kzalloc(owner, sizeof(*owned), GFP_KERNEL);
	grown = krealloc(old, sizeof(*grown), GFP_KERNEL);
	twin = kmemdup(old, sizeof(*twin), GFP_KERNEL);
	mapped = vzalloc(sizeof(*mapped));
}

void mistaken_alloc(unsigned int count)
{
	struct badge *badges;
	char (*rows)[32];

	badges = kcalloc(count, sizeof(struct room), GFP_KERNEL);
	rows = kmalloc(sizeof(seen.lines), GFP_KERNEL);
}
