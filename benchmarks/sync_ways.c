/* What making instances durable costs without DICOM and without Python: threads receive bytes over loopback, make them
   durable in one of several ways, and answer one byte. Prints instances/s, instances a batch and processor ms.

   sync_ways WAY ASSOCIATIONS INSTANCES FOLDER */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SIZE = 525000, PIECE = 1 << 18, ROW = 8192, SLOT = 1 << 19, SLOTS = 128, MOST = 64 };
enum { RECEIVE, FILES, LEADER, JOURNAL, JOURNAL_AND_FILES, SYNCFS, WAYS };
static const char *names[WAYS] = {"receive", "files", "leader", "journal", "journal-and-files", "syncfs"};

static int way, instances, listener, shared;
static const char *folder;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int waiting[MOST], *ended[MOST], count, is_led;
static long batches, slots;

static void must(int is_done, const char *what) {
    if (!is_done) {
        perror(what);
        exit(1);
    }
}

static double now(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return at.tv_sec + at.tv_nsec * 1e-9;
}

/* One sync for all that wait: of the journal, of the file system, or of the rows of an index. */
static void sync_batch(const int *files, int many) {
    static const char row[ROW];
    if (way == LEADER)
        for (int each = 0; each < many; each++) must(!fdatasync(files[each]), "fdatasync");
    if (way == SYNCFS) {
        must(!syncfs(shared), "syncfs");
        return;
    }
    if (way == FILES || way == LEADER)
        for (int each = 0; each < many; each++) must(write(shared, row, ROW) == ROW, "write");
    must(!fdatasync(shared), "fdatasync");
}

static void share_a_sync(int file) {
    int is_done = 0;
    pthread_mutex_lock(&lock);
    waiting[count] = file;
    ended[count++] = &is_done;
    while (!is_done) {
        if (is_led) {
            pthread_cond_wait(&changed, &lock);
            continue;
        }
        int files[MOST], *marks[MOST], many = count;
        memcpy(files, waiting, sizeof files);
        memcpy(marks, ended, sizeof marks);
        count = 0, is_led = 1, batches++;
        pthread_mutex_unlock(&lock);
        sync_batch(files, many);
        pthread_mutex_lock(&lock);
        for (int each = 0; each < many; each++) *marks[each] = 1;
        is_led = 0;
        pthread_cond_broadcast(&changed);
    }
    pthread_mutex_unlock(&lock);
}

static void *receive(void *given) {
    int peer = accept(listener, NULL, NULL), has_file = way != RECEIVE && way != JOURNAL;
    char *bytes = malloc(SIZE);
    must(peer >= 0 && bytes, "accept");
    for (int number = 0; number < instances; number++) {
        char path[4096];
        int file = -1, came = 0, written = 0;
        snprintf(path, sizeof path, "%s/%ld-%d", folder, (long)given, number);
        if (has_file) must((file = open(path, O_RDWR | O_CREAT | O_EXCL, 0600)) >= 0, "open");
        while (came < SIZE) {
            int more = recv(peer, bytes + came, SIZE - came < 1 << 17 ? SIZE - came : 1 << 17, 0);
            must(more > 0, "recv");
            came += more;
            if (has_file && (came - written >= PIECE || came == SIZE)) {
                must(write(file, bytes + written, came - written) == came - written, "write");
                written = came;
            }
        }
        if (way == JOURNAL || way == JOURNAL_AND_FILES)
            must(pwrite(shared, bytes, SIZE, __sync_fetch_and_add(&slots, 1) % SLOTS * SLOT) == SIZE, "pwrite");
        if (way == FILES) must(!fdatasync(file), "fdatasync");
        if (way == LEADER) must(!sync_file_range(file, 0, 0, SYNC_FILE_RANGE_WRITE), "sync_file_range");
        if (way != RECEIVE) share_a_sync(file);
        if (has_file) close(file);
        must(send(peer, "k", 1, 0) == 1, "send");
    }
    for (int number = 0; way == JOURNAL_AND_FILES && number < instances; number++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%ld-%d", folder, (long)given, number);
        int file = open(path, O_RDWR);
        must(file >= 0 && !fdatasync(file) && !close(file), "fdatasync");
    }
    return NULL;
}

static void send_all(struct sockaddr_in *address) {
    int peer = socket(AF_INET, SOCK_STREAM, 0);
    char *bytes = calloc(1, SIZE), answer;
    must(!connect(peer, (void *)address, sizeof *address), "connect");
    for (int number = 0; number < instances; number++) {
        for (int sent = 0; sent < SIZE;) {
            int more = send(peer, bytes + sent, SIZE - sent < 1 << 15 ? SIZE - sent : 1 << 15, 0);
            must(more > 0, "send");
            sent += more;
        }
        must(recv(peer, &answer, 1, 0) == 1, "recv");
    }
    _exit(0);
}

static void open_shared(void) {
    char path[4096], *zeros = calloc(1, SLOT);
    snprintf(path, sizeof path, "%s/shared", folder);
    must((shared = open(path, O_RDWR | O_CREAT | O_EXCL, 0600)) >= 0, "open");
    if (way == JOURNAL || way == JOURNAL_AND_FILES)
        for (int slot = 0; slot < SLOTS; slot++) must(write(shared, zeros, SLOT) == SLOT, "write");
    must(!fsync(shared), "fsync");
    free(zeros);
}

int main(int arguments, char **given) {
    must(arguments == 5, "sync_ways WAY ASSOCIATIONS INSTANCES FOLDER");
    for (way = 0; way < WAYS && strcmp(names[way], given[1]); way++)
        ;
    int associations = atoi(given[2]);
    must(way < WAYS && associations > 0 && associations <= MOST, "WAY or ASSOCIATIONS");
    instances = atoi(given[3]);
    folder = given[4];
    open_shared();
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    listener = socket(AF_INET, SOCK_STREAM, 0);
    must(!bind(listener, (void *)&address, size) && !listen(listener, MOST), "listen");
    must(!getsockname(listener, (void *)&address, &size), "getsockname");
    for (int each = 0; each < associations; each++) {
        pid_t child = fork();
        must(child >= 0, "fork");
        if (!child) send_all(&address);
    }
    pthread_t threads[MOST];
    struct rusage before, after;
    getrusage(RUSAGE_SELF, &before);
    double begin = now();
    for (long each = 0; each < associations; each++)
        must(!pthread_create(&threads[each], NULL, receive, (void *)each), "thread");
    for (int each = 0; each < associations; each++) pthread_join(threads[each], NULL);
    double taken = now() - begin, total = (double)associations * instances;
    getrusage(RUSAGE_SELF, &after);
    while (wait(NULL) > 0)
        ;
    double busy = after.ru_utime.tv_sec - before.ru_utime.tv_sec + after.ru_stime.tv_sec - before.ru_stime.tv_sec +
                  (after.ru_utime.tv_usec - before.ru_utime.tv_usec + after.ru_stime.tv_usec - before.ru_stime.tv_usec) * 1e-6;
    printf("%.0f %.2f %.2f\n", total / taken, batches ? total / batches : 0, busy * 1e3 / total);
    return 0;
}
