#include "slab.h"

struct host {
	int port;
};

struct host *host_alloc(void)
{
	return kmalloc(sizeof(struct host), GFP_KERNEL);
}
