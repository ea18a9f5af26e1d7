#include "loom_scratch.h"
#include <pthread.h>
#include <stdlib.h>

typedef struct {
  void *memory[LOOM_SCRATCH_COUNT];
  size_t bytes[LOOM_SCRATCH_COUNT];
} Scratch;

static _Thread_local Scratch *mine;
static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void release(void *argument) {
  Scratch *scratch = argument;
  for (int i = 0; i < LOOM_SCRATCH_COUNT; i++) free(scratch->memory[i]);
  free(scratch);
  mine = NULL;
}

static void make_key(void) { pthread_key_create(&key, release); }

void *loom_scratch(int use, size_t bytes) {
  if (!mine) {
    pthread_once(&once, make_key);
    mine = calloc(1, sizeof *mine);
    if (!mine || pthread_setspecific(key, mine) != 0) {
      free(mine);
      mine = NULL;
      return NULL;
    }
  }
  if (mine->bytes[use] < bytes) {
    // Contents need not survive, so free first: the old and the new never stand side by side.
    free(mine->memory[use]);
    mine->memory[use] = NULL;
    mine->bytes[use] = 0;
    bytes = (bytes + 63) / 64 * 64;
    mine->memory[use] = aligned_alloc(64, bytes);
    if (!mine->memory[use]) return NULL;
    mine->bytes[use] = bytes;
  }
  return mine->memory[use];
}
