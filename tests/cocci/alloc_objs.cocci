// The five layers of vfslab/changelog/semantic_patch.py for Coccinelle itself: its answer is the measure.

virtual patch

@one@
typedef u8, u16, u32, u64, __be16, __be32, __be64, gfp_t, wchar_t;
identifier ALLOC =~ "^kv?[mz]alloc$";
fresh identifier OBJ = ALLOC ## "_obj";
fresh identifier FLEX = ALLOC ## "_flex";
{u8, u16, u32, u64, char, unsigned char, unsigned short, unsigned int, unsigned long, __be16, __be32, __be64} *LISTED;
{u8, u16, u32, u64, char, unsigned char, unsigned short, unsigned int, unsigned long, __be16, __be32, __be64} **TWICE;
char [] LETTERS;
expression V, E, FLAGS, P, N;
identifier M;
type T;
@@
(
  V =
- ALLOC(sizeof(*V), FLAGS)
+ OBJ(*V, FLAGS)
|
  ALLOC(\(sizeof(u8)\|sizeof(u16)\|sizeof(u32)\|sizeof(u64)\|sizeof(char)\|sizeof(unsigned char)\|sizeof(unsigned short)\|sizeof(unsigned int)\|sizeof(unsigned long)\|sizeof(__be16)\|sizeof(__be32)\|sizeof(__be64)\), FLAGS)
|
  ALLOC(\(sizeof(u8 *)\|sizeof(u16 *)\|sizeof(u32 *)\|sizeof(u64 *)\|sizeof(char *)\|sizeof(unsigned char *)\|sizeof(unsigned short *)\|sizeof(unsigned int *)\|sizeof(unsigned long *)\), FLAGS)
|
  ALLOC(sizeof(LETTERS), FLAGS)
|
  LISTED = ALLOC(\(sizeof(E)\|sizeof(T)\), FLAGS)
|
  TWICE = ALLOC(\(sizeof(E)\|sizeof(T)\), FLAGS)
|
  ALLOC(sizeof(void *), FLAGS)
|
- ALLOC(sizeof(T), FLAGS)
+ OBJ(T, FLAGS)
|
- ALLOC(sizeof(E), FLAGS)
+ OBJ(E, FLAGS)
|
- ALLOC(struct_size(P, M, N), FLAGS)
+ FLEX(*P, M, N, FLAGS)
)

@shielded@
identifier ALLOC =~ "^kv?(malloc_array|calloc)$";
{u8, u16, u32, u64, char, unsigned char, unsigned short, unsigned int, unsigned long, __be16, __be32, __be64} *LISTED;
{u8, u16, u32, u64, char, unsigned char, unsigned short, unsigned int, unsigned long, __be16, __be32, __be64} **TWICE;
expression COUNT, E, FLAGS;
type T;
position where;
@@
(
  ALLOC@where(COUNT, \(sizeof(u8)\|sizeof(u16)\|sizeof(u32)\|sizeof(u64)\|sizeof(char)\|sizeof(unsigned char)\|sizeof(unsigned short)\|sizeof(unsigned int)\|sizeof(unsigned long)\|sizeof(__be16)\|sizeof(__be32)\|sizeof(__be64)\), FLAGS)
|
  ALLOC@where(COUNT, \(sizeof(u8 *)\|sizeof(u16 *)\|sizeof(u32 *)\|sizeof(u64 *)\|sizeof(char *)\|sizeof(unsigned char *)\|sizeof(unsigned short *)\|sizeof(unsigned int *)\|sizeof(unsigned long *)\), FLAGS)
|
  LISTED = ALLOC@where(COUNT, \(sizeof(E)\|sizeof(T)\), FLAGS)
|
  TWICE = ALLOC@where(COUNT, \(sizeof(E)\|sizeof(T)\), FLAGS)
|
  ALLOC@where(COUNT, sizeof(void *), FLAGS)
)

@@
expression COUNT, E, FLAGS;
type T;
position where != shielded.where;
@@
(
- kmalloc_array@where(COUNT, sizeof(T), FLAGS)
+ kmalloc_objs(T, COUNT, FLAGS)
|
- kmalloc_array@where(COUNT, sizeof(E), FLAGS)
+ kmalloc_objs(E, COUNT, FLAGS)
|
- kmalloc_array@where(sizeof(T), COUNT, FLAGS)
+ kmalloc_objs(T, COUNT, FLAGS)
|
- kmalloc_array@where(sizeof(E), COUNT, FLAGS)
+ kmalloc_objs(E, COUNT, FLAGS)
)

@@
expression COUNT, E, FLAGS;
type T;
position where != shielded.where;
@@
(
- kcalloc@where(COUNT, sizeof(T), FLAGS)
+ kzalloc_objs(T, COUNT, FLAGS)
|
- kcalloc@where(COUNT, sizeof(E), FLAGS)
+ kzalloc_objs(E, COUNT, FLAGS)
|
- kcalloc@where(sizeof(T), COUNT, FLAGS)
+ kzalloc_objs(T, COUNT, FLAGS)
|
- kcalloc@where(sizeof(E), COUNT, FLAGS)
+ kzalloc_objs(E, COUNT, FLAGS)
)

@@
expression COUNT, E, FLAGS;
type T;
position where != shielded.where;
@@
(
- kvmalloc_array@where(COUNT, sizeof(T), FLAGS)
+ kvmalloc_objs(T, COUNT, FLAGS)
|
- kvmalloc_array@where(COUNT, sizeof(E), FLAGS)
+ kvmalloc_objs(E, COUNT, FLAGS)
|
- kvmalloc_array@where(sizeof(T), COUNT, FLAGS)
+ kvmalloc_objs(T, COUNT, FLAGS)
|
- kvmalloc_array@where(sizeof(E), COUNT, FLAGS)
+ kvmalloc_objs(E, COUNT, FLAGS)
)

@@
expression COUNT, E, FLAGS;
type T;
position where != shielded.where;
@@
(
- kvcalloc@where(COUNT, sizeof(T), FLAGS)
+ kvzalloc_objs(T, COUNT, FLAGS)
|
- kvcalloc@where(COUNT, sizeof(E), FLAGS)
+ kvzalloc_objs(E, COUNT, FLAGS)
|
- kvcalloc@where(sizeof(T), COUNT, FLAGS)
+ kvzalloc_objs(T, COUNT, FLAGS)
|
- kvcalloc@where(sizeof(E), COUNT, FLAGS)
+ kvzalloc_objs(E, COUNT, FLAGS)
)
