/* A toy allocator: enough for the toy tree to be compiled, before the conversions and after them. */
#ifndef SLAB_H
#define SLAB_H

#include <stdbool.h>
#include <stddef.h>

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef int s32;
typedef u32 __be32;
typedef unsigned long long dma_addr_t;
typedef unsigned int gfp_t;
struct device;

#define GFP_KERNEL 1u
#define GFP_ATOMIC 2u
#define GFP_KERNEL_ACCOUNT 4u
#define __GFP_NOWARN 8u

/* bytes in, a pointer to nothing in particular out */
void *kmalloc(size_t bytes, gfp_t flags);
void *kzalloc(size_t bytes, gfp_t flags);
void *kvmalloc(size_t bytes, gfp_t flags);
void *kvzalloc(size_t bytes, gfp_t flags);
void *kmalloc_array(size_t count, size_t bytes, gfp_t flags);
void *kcalloc(size_t count, size_t bytes, gfp_t flags);
void *kvmalloc_array(size_t count, size_t bytes, gfp_t flags);
void *kvcalloc(size_t count, size_t bytes, gfp_t flags);
void *kmalloc_node(size_t bytes, gfp_t flags, int node);
void *krealloc(const void *old, size_t bytes, gfp_t flags);
void *kmemdup(const void *from, size_t bytes, gfp_t flags);
char *kstrdup(const char *from, gfp_t flags);
void *devm_kzalloc(struct device *owner, size_t bytes, gfp_t flags);
void *vzalloc(size_t bytes);
int my_alloc_obj(void *what, gfp_t flags);

#define max(one, other) ((one) > (other) ? (one) : (other))
#define struct_size(holder, member, count) (sizeof(*(holder)) + (count) * sizeof(*(holder)->member))

/* a type or a variable in, a pointer to that type out; what is not given is GFP_KERNEL */
#define PICK_SECOND(unused, second, ...) second
#define DEFAULT_GFP(...) PICK_SECOND(, ##__VA_ARGS__, GFP_KERNEL)
#define ONE(alloc, what, ...) ((typeof(what) *)alloc(sizeof(what), DEFAULT_GFP(__VA_ARGS__)))
#define MANY(alloc, what, count, ...) \
	((typeof(what) *)alloc((count) * sizeof(what), DEFAULT_GFP(__VA_ARGS__)))
#define FLEX(alloc, what, member, count, ...) \
	((typeof(what) *)alloc(struct_size((typeof(what) *)0, member, count), DEFAULT_GFP(__VA_ARGS__)))

#define kmalloc_obj(what, ...) ONE(kmalloc, what, ##__VA_ARGS__)
#define kzalloc_obj(what, ...) ONE(kzalloc, what, ##__VA_ARGS__)
#define kvmalloc_obj(what, ...) ONE(kvmalloc, what, ##__VA_ARGS__)
#define kvzalloc_obj(what, ...) ONE(kvzalloc, what, ##__VA_ARGS__)
#define kmalloc_objs(what, count, ...) MANY(kmalloc, what, count, ##__VA_ARGS__)
#define kzalloc_objs(what, count, ...) MANY(kzalloc, what, count, ##__VA_ARGS__)
#define kvmalloc_objs(what, count, ...) MANY(kvmalloc, what, count, ##__VA_ARGS__)
#define kvzalloc_objs(what, count, ...) MANY(kvzalloc, what, count, ##__VA_ARGS__)
#define kmalloc_flex(what, member, count, ...) FLEX(kmalloc, what, member, count, ##__VA_ARGS__)
#define kzalloc_flex(what, member, count, ...) FLEX(kzalloc, what, member, count, ##__VA_ARGS__)
#define kvmalloc_flex(what, member, count, ...) FLEX(kvmalloc, what, member, count, ##__VA_ARGS__)
#define kvzalloc_flex(what, member, count, ...) FLEX(kvzalloc, what, member, count, ##__VA_ARGS__)

#endif
