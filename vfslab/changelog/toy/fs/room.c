#include "slab.h"

struct room {
	int doors;
	struct room *next;
};

struct shelf {
	unsigned int count;
	struct room rooms[];
};

#define ALLOC_ROOM() kmalloc(sizeof(struct room), GFP_KERNEL)

void room_enter(struct room *room);

/* a room of its own: kmalloc(sizeof(*room), GFP_KERNEL) */
struct room *room_alloc(struct room *before)
{
	struct room *room, *hall, *attic, *cast;
	struct room *porch = kzalloc(sizeof(*porch), GFP_KERNEL);

	room = kmalloc(sizeof(*room), GFP_KERNEL);
	hall = kzalloc(sizeof(struct room), GFP_ATOMIC);
	attic = kzalloc(sizeof *attic, GFP_KERNEL);
	cast = (struct room *)kmalloc(sizeof(*cast), GFP_KERNEL);
	before->next = kvzalloc(sizeof(*before->next), GFP_KERNEL | __GFP_NOWARN);
	room_enter(kmalloc(sizeof(struct room), GFP_KERNEL_ACCOUNT));
	room = ALLOC_ROOM();
	return kvmalloc(sizeof(struct room), GFP_KERNEL);
}

void rooms_alloc(unsigned int count)
{
	struct room *rooms, *cells, *lofts, *vaults, **doors;
	struct shelf *shelf;

	rooms = kcalloc(count, sizeof(*rooms), GFP_KERNEL);
	cells = kcalloc(sizeof(*cells), count, GFP_KERNEL);
	doors = kmalloc_array(count, sizeof(struct room *), GFP_KERNEL);
	lofts = kvcalloc(count + 1, sizeof(*lofts),
			 GFP_KERNEL_ACCOUNT);
	vaults = kvmalloc_array(max(count, 1u), sizeof(struct room), GFP_KERNEL);
	shelf = kzalloc(struct_size(shelf, rooms, count), GFP_KERNEL);
}
