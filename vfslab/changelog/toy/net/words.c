#include "slab.h"

struct room {
	int doors;
	char label[16];
};

void words_alloc(unsigned int count, struct room *room)
{
	unsigned int *flag;
	unsigned long *bitmap, *longs;
	u8 *bytes, **lists;
	u16 *port;
	u32 *words;
	char *label, **names;
	__be32 *wire;
	void **holes;

	flag = kmalloc(sizeof(*flag), GFP_KERNEL);
	bitmap = kzalloc(sizeof(*bitmap), GFP_KERNEL);
	port = kmalloc(sizeof(u16), GFP_KERNEL);
	bytes = kzalloc(sizeof(struct room), GFP_KERNEL);
	label = kmalloc(sizeof(room->label), GFP_KERNEL);
	words = kcalloc(count, sizeof(u32), GFP_KERNEL);
	longs = kmalloc_array(count, sizeof(unsigned long), GFP_KERNEL);
	names = kcalloc(count, sizeof(char *), GFP_KERNEL);
	lists = kcalloc(count, sizeof(u8 *), GFP_KERNEL);
	wire = kcalloc(count, sizeof(*wire), GFP_KERNEL);
	holes = kcalloc(count, sizeof(void *), GFP_KERNEL);
}

void scalars_alloc(unsigned int count)
{
	int *ints;
	bool *bools;
	s32 *deltas;
	long *offsets;
	size_t *sizes;
	dma_addr_t *addresses;
	void **slots;

	ints = kcalloc(count, sizeof(int), GFP_KERNEL);
	bools = kcalloc(count, sizeof(bool), GFP_KERNEL);
	deltas = kcalloc(count, sizeof(s32), GFP_KERNEL);
	offsets = kmalloc_array(count, sizeof(long), GFP_KERNEL);
	sizes = kcalloc(count, sizeof(size_t), GFP_KERNEL);
	addresses = kcalloc(count, sizeof(dma_addr_t), GFP_KERNEL);
	slots = kcalloc(count, sizeof(*slots), GFP_KERNEL);
}
