/* A STAND-IN for libcuda and NCCL, for tests alone. It computes nothing on any GPU: "device memory" is host memory, streams are
 * threads, ranks are threads of one process. It is stricter than the real libraries: it checks the layout of what is passed and
 * the rules of their documentation, counts what breaks them (standin_violations), and fails or stalls on demand
 * (standin_fault). Compiled by the tests: cc -shared -fPIC -pthread; with -DSTANDIN_HIP its driver has HIP's names, as beside RCCL. */
#ifdef STANDIN_HIP
#define cuInit hipInit
#define cuDriverGetVersion hipRuntimeGetVersion
#define cuDeviceGetCount hipGetDeviceCount
#define cuDeviceGetName hipDeviceGetName
#define cuDeviceTotalMem_v2 hipDeviceTotalMem
#define cuStreamCreate hipStreamCreateWithFlags
#define cuStreamDestroy_v2 hipStreamDestroy
#define cuStreamWaitEvent hipStreamWaitEvent
#define cuEventCreate hipEventCreateWithFlags
#define cuEventDestroy_v2 hipEventDestroy
#define cuEventRecord hipEventRecord
#define cuEventQuery hipEventQuery
#define cuPointerGetAttribute hipPointerGetAttribute
#define cuMemAlloc_v2 hipMalloc
#define cuMemFree_v2 hipFree
#define cuMemHostAlloc hipHostMalloc
#define cuMemFreeHost hipHostFree
#define cuMemcpyDtoHAsync_v2 hipMemcpyDtoHAsync
#define cuMemcpyHtoDAsync_v2 hipMemcpyHtoDAsync
#endif
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_RANKS 16
#define MAX_DEVICES 16
#define POLLS 3 /* how often a call answers "in progress" before it is taken in */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

/* ---- what the tests ask and set ---- */
enum { NO_FAULT, STALL, LAUNCH_ERROR, ASYNC_ERROR, REMOTE_ERROR, INIT_ERROR, INIT_STALL, COPY_ERROR, COPY_STALL };
static int version = 22705, violations, fault_rank = -1, fault_kind, fault_at, open_comms, open_streams, open_events, open_pinned;
static int copies[16];
static char violation[400];

static void violate(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(violation, sizeof violation, format, arguments);
  va_end(arguments);
  violations++;
}
void standin_reset(int nccl_version) {
  pthread_mutex_lock(&lock);
  version = nccl_version; violations = 0; fault_rank = -1; fault_kind = NO_FAULT; violation[0] = 0;
  memset(copies, 0, sizeof copies);
  open_pinned = 0; /* what a stalled copy still used is never given back */
  pthread_mutex_unlock(&lock);
}
void standin_fault(int rank, int kind, int at) { /* at: number of the rank's operation, from 1 */
  pthread_mutex_lock(&lock);
  fault_rank = rank; fault_kind = kind; fault_at = at;
  pthread_mutex_unlock(&lock);
}
int standin_violations(char *text, int size) {
  pthread_mutex_lock(&lock);
  int count = violations;
  snprintf(text, size, "%s", violation);
  pthread_mutex_unlock(&lock);
  return count;
}
int standin_open(void) { /* communicators, streams, events and pinned memory that were not given back */
  pthread_mutex_lock(&lock);
  int count = open_comms + open_streams + open_events + open_pinned;
  pthread_mutex_unlock(&lock);
  return count;
}
static int faulty(int rank, int kind, int at) { return fault_kind == kind && fault_rank == rank && (at == 0 || fault_at == at); }

/* ---- streams and events ---- */
typedef struct { long recorded, reached; } Event;
struct Comm;
typedef struct Task {
  struct Task *next;
  enum { RECORD, WAIT, COLLECT, FILL, COPY } kind;
  Event *event; long number;
  struct Comm *comm; int operation, type, op, root; size_t count; const void *send; void *recv; long sequence;
  float *filled; float value; int milliseconds;
} Task;
typedef struct { pthread_t thread; Task *first, *last; int ended; } Stream;
static Stream *defaults[MAX_DEVICES];
static __thread int device = -1;

static void collect(Task *task);
static void *work(void *argument) {
  Stream *stream = argument;
  pthread_mutex_lock(&lock);
  for (;;) {
    while (!stream->first && !stream->ended) pthread_cond_wait(&changed, &lock);
    Task *task = stream->first;
    if (!task) break;
    if (task->kind == RECORD) { if (task->event->reached < task->number) task->event->reached = task->number; }
    else if (task->kind == WAIT) while (task->event->reached < task->number && !stream->ended) pthread_cond_wait(&changed, &lock);
    else if (task->kind == COLLECT) collect(task);
    else if (task->kind == COPY) {
      while (task->number < 0 && !stream->ended) pthread_cond_wait(&changed, &lock); /* told to stall */
      if (task->number == 0 && !stream->ended) memcpy(task->recv, task->send, task->count);
    }
    else {
      pthread_mutex_unlock(&lock);
      usleep(task->milliseconds * 1000);
      pthread_mutex_lock(&lock);
      for (size_t i = 0; i < task->count; i++) task->filled[i] = task->value;
    }
    stream->first = task->next;
    if (!stream->first) stream->last = NULL;
    free(task);
    pthread_cond_broadcast(&changed);
  }
  pthread_mutex_unlock(&lock);
  return NULL;
}
static Stream *start(void) {
  Stream *stream = calloc(1, sizeof *stream);
  pthread_create(&stream->thread, NULL, work, stream);
  return stream;
}
static void push(Stream *stream, Task *task) {
  if (stream->last) stream->last->next = task; else stream->first = task;
  stream->last = task;
  pthread_cond_broadcast(&changed);
}
static Stream *stream_of(void *handle) {
  if (handle) return handle;
  if (!defaults[device]) defaults[device] = start();
  return defaults[device];
}

/* ---- the driver's functions ---- */
#define NO_CONTEXT 201
#define NOT_READY 600
static struct { char *from; size_t bytes; } memory[4096];
int cuInit(unsigned flags) { return flags ? 1 : 0; }
#ifdef STANDIN_HIP
int cuDriverGetVersion(int *out) { *out = 60200000; return 0; }
int hipSetDevice(int which) { device = which; return which < MAX_DEVICES ? 0 : 101; }
const char *hipGetErrorName(int error) { return error == NO_CONTEXT ? "hipErrorInvalidContext" : "hipErrorStandIn"; }
#else
int cuDriverGetVersion(int *out) { *out = 12080; return 0; }
int cuDeviceGetAttribute(int *out, int what, int which) { (void)which; *out = what == 75 ? 9 : 0; return 0; }
int cuDeviceGet(int *out, int ordinal) { *out = ordinal; return ordinal < MAX_DEVICES ? 0 : 101; }
int cuDevicePrimaryCtxRetain(void **out, int which) { *out = (void *)(intptr_t)(which + 1); return 0; }
int cuCtxSetCurrent(void *context) { device = (int)(intptr_t)context - 1; return 0; }
int cuGetErrorName(int error, const char **out) {
  *out = error == NO_CONTEXT ? "CUDA_ERROR_INVALID_CONTEXT" : error == NOT_READY ? "CUDA_ERROR_NOT_READY" : "CUDA_ERROR_STANDIN";
  return 0;
}
#endif
int cuDeviceGetCount(int *out) { *out = MAX_DEVICES; return 0; }
int cuDeviceGetName(char *out, int size, int which) { snprintf(out, size, "stand-in device %d (no GPU)", which); return 0; }
int cuDeviceTotalMem_v2(size_t *out, int which) { (void)which; *out = (size_t)1 << 30; return 0; }
int cuStreamCreate(void **out, unsigned flags) {
  if (device < 0) return NO_CONTEXT;
  pthread_mutex_lock(&lock);
  if (flags != 1) violate("stream made with flags %u: it would wait for the default stream", flags);
  *out = start();
  open_streams++;
  pthread_mutex_unlock(&lock);
  return 0;
}
int cuStreamDestroy_v2(void *handle) {
  Stream *stream = handle;
  pthread_mutex_lock(&lock);
  stream->ended = 1;
  open_streams--;
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&lock);
  pthread_join(stream->thread, NULL);
  free(stream);
  return 0;
}
int cuEventCreate(void **out, unsigned flags) {
  (void)flags;
  if (device < 0) return NO_CONTEXT;
  *out = calloc(1, sizeof(Event));
  pthread_mutex_lock(&lock);
  open_events++;
  pthread_mutex_unlock(&lock);
  return 0;
}
int cuEventDestroy_v2(void *event) { /* kept: a stream may still have to pass it */
  (void)event;
  pthread_mutex_lock(&lock);
  open_events--;
  pthread_mutex_unlock(&lock);
  return 0;
}
static int on_event(int kind, Event *event, void *stream) {
  if (device < 0) return NO_CONTEXT;
  pthread_mutex_lock(&lock);
  Task *task = calloc(1, sizeof *task);
  task->kind = kind;
  task->event = event;
  task->number = kind == RECORD ? ++event->recorded : event->recorded;
  push(stream_of(stream), task);
  pthread_mutex_unlock(&lock);
  return 0;
}
int cuEventRecord(void *event, void *stream) { return on_event(RECORD, event, stream); }
int cuStreamWaitEvent(void *stream, void *event, unsigned flags) { return flags ? 1 : on_event(WAIT, event, stream); }
int cuEventQuery(void *handle) {
  Event *event = handle;
  pthread_mutex_lock(&lock);
  int done = event->reached >= event->recorded;
  pthread_mutex_unlock(&lock);
  return done ? 0 : NOT_READY;
}
int cuPointerGetAttribute(void *out, int attribute, uint64_t address) {
  if (attribute != 2) return 1;
  int found = 0;
  pthread_mutex_lock(&lock);
  for (int i = 0; i < 4096; i++)
    if (memory[i].from && (char *)address >= memory[i].from && (char *)address < memory[i].from + memory[i].bytes) found = 1;
  pthread_mutex_unlock(&lock);
  if (!found) return 1;
  *(unsigned *)out = 2;
  return 0;
}
int cuMemAlloc_v2(void **out, size_t bytes) {
  *out = malloc(bytes);
  pthread_mutex_lock(&lock);
  int i = 0;
  while (memory[i].from) i++;
  memory[i].from = *out;
  memory[i].bytes = bytes;
  pthread_mutex_unlock(&lock);
  return 0;
}
int cuMemFree_v2(void *address) {
  pthread_mutex_lock(&lock);
  for (int i = 0; i < 4096; i++) if (memory[i].from == address) memory[i].from = NULL;
  pthread_mutex_unlock(&lock);
  free(address);
  return 0;
}
/* Pinned memory, and copies between it and the device's: anything else would not overlap on a real GPU, and breaks a rule here. A fault's
 * rank is the device, its number that of the device's copy. */
static struct { char *from; size_t bytes; } pinned[256];
int cuMemHostAlloc(void **out, size_t bytes, unsigned flags) {
  if (device < 0) return NO_CONTEXT;
  *out = malloc(bytes);
  pthread_mutex_lock(&lock);
  if (flags != 1) violate("pinned memory with flags %u: other contexts could not use it", flags);
  int i = 0;
  while (pinned[i].from) i++;
  pinned[i].from = *out;
  pinned[i].bytes = bytes;
  open_pinned++;
  pthread_mutex_unlock(&lock);
  return 0;
}
int cuMemFreeHost(void *address) {
  int found = 0;
  pthread_mutex_lock(&lock);
  for (int i = 0; i < 256; i++) if (pinned[i].from == address) { pinned[i].from = NULL; found = 1; }
  if (!found) violate("memory freed as pinned that is not");
  open_pinned--;
  pthread_mutex_unlock(&lock);
  free(address);
  return 0;
}
static int is_within(const char *address, size_t bytes, int host) {
  for (int i = 0; host && i < 256; i++)
    if (pinned[i].from && address >= pinned[i].from && address + bytes <= pinned[i].from + pinned[i].bytes) return 1;
  for (int i = 0; !host && i < 4096; i++)
    if (memory[i].from && address >= memory[i].from && address + bytes <= memory[i].from + memory[i].bytes) return 1;
  return 0;
}
static int copy(void *to, const void *from, size_t bytes, void *stream, int to_host) {
  if (device < 0) return NO_CONTEXT;
  pthread_mutex_lock(&lock);
  if (!is_within(to_host ? to : from, bytes, 1)) violate("a copy of %zu bytes outside pinned memory", bytes);
  if (!is_within(to_host ? from : to, bytes, 0)) violate("a copy of %zu bytes outside device memory", bytes);
  if (!stream) violate("a copy on the default stream: it would wait for kernels, and they for it");
  int number = ++copies[device];
  int failed = faulty(device, COPY_ERROR, number);
  if (!failed) {
    Task *task = calloc(1, sizeof *task);
    task->kind = COPY; task->send = from; task->recv = to; task->count = bytes;
    task->number = faulty(device, COPY_STALL, number) ? -1 : 0;
    push(stream_of(stream), task);
  }
  pthread_mutex_unlock(&lock);
  return failed ? 700 : 0;
}
int cuMemcpyDtoHAsync_v2(void *to, uint64_t from, size_t bytes, void *stream) { return copy(to, (void *)from, bytes, stream, 1); }
int cuMemcpyHtoDAsync_v2(uint64_t to, const void *from, size_t bytes, void *stream) { return copy((void *)to, from, bytes, stream, 0); }
void standin_fill_later(int which, float *filled, size_t count, float value, int milliseconds) { /* a slow kernel of torch's */
  device = which;
  pthread_mutex_lock(&lock);
  Task *task = calloc(1, sizeof *task);
  task->kind = FILL; task->filled = filled; task->count = count; task->value = value; task->milliseconds = milliseconds;
  push(stream_of(NULL), task);
  pthread_mutex_unlock(&lock);
}

/* ---- NCCL ---- */
enum { SUCCESS, CUDA_ERROR, SYSTEM_ERROR, INTERNAL_ERROR, INVALID_ARGUMENT, INVALID_USAGE, REMOTE, IN_PROGRESS };
typedef struct { unsigned char bytes[128]; } Id;
typedef struct {
  size_t size; unsigned magic, version; int blocking, cga, min_ctas, max_ctas; const char *net; int split, traffic;
  const char *name; int collnet, policy, shrink, nvls;
} Config;
typedef struct Group { struct Group *next; Id id; int world, joined; struct Comm *comms[MAX_RANKS]; } Group;
typedef struct Comm {
  Group *group; int rank, opened, polls, error, aborted, finalized, inside; long sequence, launched;
  Task *queued, *queued_last; void *stream; Task *here; long done;
} Comm;
static Group *groups;
static __thread int depth, grouped_error;
static __thread Comm *grouped[64];
static __thread int grouped_count;
static __thread char last_error[200];

static int fail(int code, const char *why) { snprintf(last_error, sizeof last_error, "stand-in: %s", why); return code; }
static unsigned char checksum(const Id *id) {
  unsigned sum = 7;
  for (int i = 0; i < 127; i++) sum = sum * 31 + id->bytes[i];
  return (unsigned char)sum;
}
int ncclGetVersion(int *out) { *out = version; return SUCCESS; }
const char *ncclGetErrorString(int code) {
  static const char *texts[] = {"no error", "unhandled cuda error", "unhandled system error", "internal error", "invalid argument",
    "invalid usage", "remote process exited or there was a network error", "NCCL operation in progress"};
  return code >= 0 && code <= 7 ? texts[code] : "unknown result code";
}
const char *ncclGetLastError(void *comm) { (void)comm; return last_error; }
int ncclGetUniqueId(Id *out) {
  static unsigned made;
  memset(out, 0, sizeof *out);
  snprintf((char *)out->bytes, 64, "stand-in id %u of process %d", __sync_add_and_fetch(&made, 1), getpid());
  for (int i = 64; i < 127; i++) out->bytes[i] = (unsigned char)(i * 37 + made);
  out->bytes[127] = checksum(out);
  return SUCCESS;
}
int ncclCommInitRankConfig(Comm **out, int world, Id id, int rank, Config *config) {
  if (id.bytes[127] != checksum(&id)) return fail(INVALID_ARGUMENT, "the unique id did not arrive as it was made");
  if (config->size != sizeof(Config) || sizeof(Config) != 72 || config->magic != 0xcafebeefu || config->version < 21800)
    return fail(INVALID_ARGUMENT, "the configuration is not laid out as ncclConfig_t");
  int wanted[] = {config->cga, config->min_ctas, config->max_ctas, config->split, config->traffic, config->collnet, config->policy,
    config->shrink, config->nvls};
  for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
    if (wanted[i] != INT_MIN) return fail(INVALID_ARGUMENT, "a field of the configuration is not INT_MIN");
  if (config->net || config->name) return fail(INVALID_ARGUMENT, "a name of the configuration is not NULL");
  if (config->blocking) return fail(INVALID_ARGUMENT, "the communicator is not opened non-blocking");
  if (world > MAX_RANKS || rank < 0 || rank >= world) return fail(INVALID_ARGUMENT, "rank outside the world");
  if (device < 0) return fail(INVALID_USAGE, "no device is current on this thread");
  pthread_mutex_lock(&lock);
  if (faulty(rank, INIT_ERROR, 0)) { pthread_mutex_unlock(&lock); return fail(SYSTEM_ERROR, "told to fail at init"); }
  Group *group = groups;
  while (group && memcmp(&group->id, &id, sizeof id)) group = group->next;
  if (!group) {
    group = calloc(1, sizeof *group);
    group->id = id; group->world = world; group->next = groups;
    groups = group;
  }
  if (group->world != world || group->comms[rank]) violate("rank %d joined twice, or with another world", rank);
  Comm *comm = calloc(1, sizeof *comm);
  comm->group = group; comm->rank = rank; comm->polls = POLLS;
  group->comms[rank] = comm;
  group->joined += !faulty(rank, INIT_STALL, 0);
  open_comms++;
  *out = comm;
  pthread_mutex_unlock(&lock);
  return IN_PROGRESS;
}
int ncclCommGetAsyncError(Comm *comm, int *state) {
  pthread_mutex_lock(&lock);
  if (comm->aborted) violate("rank %d asks for the state of an aborted communicator", comm->rank);
  *state = SUCCESS;
  if (comm->error) *state = comm->error;
  else if (!comm->opened && (comm->group->joined < comm->group->world || comm->polls-- > 0)) *state = IN_PROGRESS;
  else if (!comm->opened) comm->opened = 1;
  else if (comm->polls > 0) { comm->polls--; *state = IN_PROGRESS; }
  if (*state == SUCCESS)
    while (comm->queued) { /* only now the kernels reach the stream */
      Task *task = comm->queued;
      comm->queued = task->next;
      task->next = NULL;
      push(stream_of(comm->stream), task);
    }
  if (!comm->queued) comm->queued_last = NULL;
  pthread_mutex_unlock(&lock);
  return SUCCESS;
}
int ncclGroupStart(void) { depth++; return SUCCESS; }
int ncclGroupEnd(void) {
  if (depth <= 0) {
    pthread_mutex_lock(&lock);
    violate("a group ended that was not begun");
    pthread_mutex_unlock(&lock);
    return INVALID_USAGE;
  }
  if (--depth > 0) return SUCCESS;
  int error = grouped_error, any = grouped_count;
  pthread_mutex_lock(&lock);
  for (int i = 0; i < grouped_count; i++) grouped[i]->polls = POLLS;
  pthread_mutex_unlock(&lock);
  grouped_count = 0;
  grouped_error = 0;
  return error ? error : any ? IN_PROGRESS : SUCCESS;
}
static int size_of(int type) { static const int sizes[] = {1, 1, 4, 4, 8, 8, 2, 4, 8, 2}; return type < 0 || type > 9 ? 0 : sizes[type]; }
static int enqueue(int operation, const void *send, void *recv, size_t count, int type, int op, int root, Comm *comm, void *stream) {
  if (!size_of(type) || op < 0 || op > 4) return fail(INVALID_ARGUMENT, "unknown type or operation");
  int alone = depth == 0, result = SUCCESS;
  if (alone) ncclGroupStart();
  pthread_mutex_lock(&lock);
  unsigned kind = 0;
  pthread_mutex_unlock(&lock);
  if (cuPointerGetAttribute(&kind, 2, (uint64_t)recv) || kind != 2) result = fail(INVALID_ARGUMENT, "the buffer is not device memory");
  pthread_mutex_lock(&lock);
  if (comm->aborted) violate("rank %d uses an aborted communicator", comm->rank);
  if (!comm->opened || (comm->polls > 0 && !comm->queued) || comm->error)
    violate("rank %d calls a collective while its communicator is in progress or failed", comm->rank);
  if (device < 0) violate("rank %d calls a collective without a current device", comm->rank);
  long number = ++comm->launched;
  if (result == SUCCESS && faulty(comm->rank, LAUNCH_ERROR, (int)number)) result = fail(CUDA_ERROR, "told to fail at launch");
  if (faulty(comm->rank, ASYNC_ERROR, (int)number)) comm->error = INTERNAL_ERROR;
  if (faulty(comm->rank, REMOTE_ERROR, (int)number)) comm->error = REMOTE;
  if (result == SUCCESS) {
    Task *task = calloc(1, sizeof *task);
    task->kind = COLLECT; task->comm = comm; task->operation = operation; task->type = type; task->op = op; task->root = root;
    task->count = count; task->send = send; task->recv = recv; task->sequence = ++comm->sequence;
    task->number = faulty(comm->rank, STALL, (int)number) ? -1 : 0;
    if (comm->queued_last) comm->queued_last->next = task; else comm->queued = task;
    comm->queued_last = task;
    comm->stream = stream;
    if (grouped_count < 64) grouped[grouped_count++] = comm;
  } else grouped_error = result;
  pthread_mutex_unlock(&lock);
  return alone ? ncclGroupEnd() : result;
}
int ncclAllReduce(const void *send, void *recv, size_t count, int type, int op, Comm *comm, void *stream) {
  return enqueue(1, send, recv, count, type, op, 0, comm, stream);
}
int ncclAllGather(const void *send, void *recv, size_t count, int type, Comm *comm, void *stream) {
  return enqueue(2, send, recv, count, type, 0, 0, comm, stream);
}
int ncclBroadcast(const void *send, void *recv, size_t count, int type, int root, Comm *comm, void *stream) {
  return enqueue(3, send, recv, count, type, 0, root, comm, stream);
}

static double get(const void *from, size_t i, int type) {
  switch (type) {
    case 4: return (double)((const int64_t *)from)[i];
    case 7: return ((const float *)from)[i];
    case 8: return ((const double *)from)[i];
    case 9: { uint32_t bits = (uint32_t)((const uint16_t *)from)[i] << 16; float value; memcpy(&value, &bits, 4); return value; }
    default: return ((const unsigned char *)from)[i];
  }
}
static void put(void *to, size_t i, int type, double value) {
  switch (type) {
    case 4: ((int64_t *)to)[i] = (int64_t)value; break;
    case 7: ((float *)to)[i] = (float)value; break;
    case 8: ((double *)to)[i] = value; break;
    case 9: {
      float single = (float)value; uint32_t bits; memcpy(&bits, &single, 4);
      ((uint16_t *)to)[i] = (uint16_t)((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
      break;
    }
    default: ((unsigned char *)to)[i] = (unsigned char)value;
  }
}
static void compute(Group *group, Task *like) {
  int world = group->world;
  size_t bytes = like->count * size_of(like->type);
  for (int r = 0; r < world; r++) {
    Task *task = group->comms[r]->here;
    if (task->operation != like->operation || task->count != like->count || task->type != like->type || task->op != like->op ||
        task->root != like->root) {
      for (int i = 0; i < world; i++) group->comms[i]->error = INVALID_USAGE;
      return;
    }
  }
  if (like->operation == 1) {
    for (size_t i = 0; i < like->count; i++) {
      double value = get(group->comms[0]->here->send, i, like->type);
      for (int r = 1; r < world; r++) {
        double other = get(group->comms[r]->here->send, i, like->type);
        value = like->op == 0 ? value + other : like->op == 2 ? (other > value ? other : value) : (other < value ? other : value);
      }
      for (int r = 0; r < world; r++) put(group->comms[r]->here->recv, i, like->type, value);
    }
  } else if (like->operation == 2) {
    for (int to = 0; to < world; to++)
      for (int from = 0; from < world; from++)
        memmove((char *)group->comms[to]->here->recv + from * bytes, group->comms[from]->here->send, bytes);
  } else {
    for (int to = 0; to < world; to++)
      if (to != like->root) memcpy(group->comms[to]->here->recv, group->comms[like->root]->here->send, bytes);
  }
}
static void collect(Task *task) { /* under the lock, on the stream's thread */
  Comm *comm = task->comm;
  Group *group = comm->group;
  if (task->number < 0) {
    while (!comm->aborted) pthread_cond_wait(&changed, &lock);
    return;
  }
  comm->here = task;
  int all = 1;
  for (int r = 0; r < group->world; r++)
    all &= group->comms[r] && group->comms[r]->here && group->comms[r]->here->sequence == task->sequence;
  if (all) {
    compute(group, task);
    for (int r = 0; r < group->world; r++) { group->comms[r]->here = NULL; group->comms[r]->done = task->sequence; }
    pthread_cond_broadcast(&changed);
  }
  while (comm->done < task->sequence && !comm->aborted) pthread_cond_wait(&changed, &lock);
  if (comm->aborted) comm->here = NULL;
}
int ncclCommFinalize(Comm *comm) {
  pthread_mutex_lock(&lock);
  if (comm->aborted || comm->queued) violate("rank %d finalizes a communicator that is aborted or busy", comm->rank);
  comm->finalized = 1;
  comm->polls = POLLS;
  pthread_mutex_unlock(&lock);
  return IN_PROGRESS;
}
int ncclCommDestroy(Comm *comm) {
  pthread_mutex_lock(&lock);
  if (!comm->finalized || comm->aborted) violate("rank %d destroys a communicator that is not finalized", comm->rank);
  comm->aborted = 1;
  open_comms--;
  pthread_mutex_unlock(&lock);
  return SUCCESS;
}
int ncclCommAbort(Comm *comm) {
  pthread_mutex_lock(&lock);
  if (comm->aborted) violate("rank %d aborts twice", comm->rank);
  comm->aborted = 1;
  comm->here = NULL;
  open_comms--;
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&lock);
  return SUCCESS;
}
